/* The files beside this one, as texts; embed.py makes them part of the program. */
#pragma once

extern const char page_file_css[];
extern const char page_file_js[];
extern const char page_file_svg[];
