#include "controller/document.h"

#include "base/text.h"

const char *document_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

const char *document_words(const json_t *object, const char *key)
{
	const char *text = document_text(object, key);

	return text ? text : "";
}

int64_t document_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const json_t *document_guest(const json_t *status, const char *name)
{
	size_t i;
	json_t *guest;

	json_array_foreach (json_object_get(status, "guests"), i, guest)
		if (str_equal(document_text(guest, "name"), name))
			return guest;
	return NULL;
}
