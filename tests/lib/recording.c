#include "tests/lib/recording.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUEST  ">>> REQUEST\n"
#define RESPONSE "\n<<< RESPONSE\n"

char *recording_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "r");
	struct text out;
	char part[4096];
	size_t len;

	if (!file)
		return NULL;
	text_init(&out, arena);
	while ((len = fread(part, 1, sizeof(part), file)) > 0)
		text_addn(&out, part, len);
	fclose(file);
	return arena_strdup(arena, text_str(&out));
}

/* Where the head ends: at the empty line, or with the text when there is none. */
static char *split_head(char *text)
{
	char *end = strstr(text, "\n\n");

	if (!end)
		return text + strlen(text);
	end[1] = '\0';
	return end + 2;
}

/* A call of root that was noted down as METHOD PATH FORM, not as it went over the wire. */
static char *complete(struct arena *arena, char *text)
{
	char **words;

	if (strstr(text, " HTTP/1.1\n") || str_split(arena, text, " \n", &words) < 3)
		return text;
	return arena_printf(arena,
			    "%s %s HTTP/1.1\n"
			    "Authorization: "
			    "PVEAPIToken=root@pam!full=<SECRET:root@pam!full>\n"
			    "Content-Type: application/x-www-form-urlencoded\n\n%s",
			    words[0], words[1], words[2]);
}

/* "aaaa...[9012 bytes]" stands for as many. */
static char *uncut(struct arena *arena, char *body)
{
	char *mark = strstr(body, "...[");
	size_t len = mark ? strtoul(mark + strlen("...["), NULL, 10) : 0;
	struct text out;

	if (!len || mark == body || !strstr(mark, " bytes]"))
		return body;
	text_init(&out, arena);
	text_addn(&out, body, (size_t)(mark - body));
	while (out.len < len)
		text_addc(&out, mark[-1]);
	return arena_strdup(arena, text_str(&out));
}

/* The lines of the head get their carriage returns back; the body is left as it is. */
static char *wire(struct arena *arena, char *text)
{
	char *body, **lines;
	struct text out;
	size_t count;

	text = complete(arena, text);
	body = split_head(text);
	text_init(&out, arena);
	count = str_split(arena, text, "\n", &lines);
	for (size_t i = 0; i < count; i++)
		if (!str_starts(lines[i], "Content-Length:"))
			text_addf(&out, "%s\r\n", lines[i]);
	text_addf(&out, "\r\n%s", uncut(arena, body));
	return arena_strdup(arena, text_str(&out));
}

static double read_date(const char *head)
{
	const char *date = strstr(head, "\nDate: ");
	struct tm tm = { 0 };

	if (!date || !strptime(date, "\nDate: %a, %d %b %Y %H:%M:%S GMT", &tm))
		return 0;
	return (double)timegm(&tm);
}

bool recording_read(struct arena *arena, const char *path, struct recording *out)
{
	char *text = recording_file(arena, path);
	char *request = text ? strstr(text, REQUEST) : NULL;
	char *response = request ? strstr(request, RESPONSE) : NULL;

	if (!response)
		return false;
	*response = '\0';
	response += strlen(RESPONSE);
	request += strlen(REQUEST);
	out->body = split_head(response);
	out->date = read_date(response);
	response[strcspn(response, "\n")] = '\0';
	out->line = response;
	if (*out->body && out->body[strlen(out->body) - 1] == '\n')
		out->body[strlen(out->body) - 1] = '\0';
	out->request = wire(arena, request);
	return true;
}
