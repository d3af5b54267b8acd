/* The parts of the status page, from top to bottom. Each adds itself to the page. */
#pragma once

#include "controller/page/markup.h"

/* Is everything as desired? And what is out of the ordinary in the large. */
void page_headline(struct page *page);
/* What is being done now. */
void page_doing(struct page *page);
/* What waits for a person, with the command to type. */
void page_waits(struct page *page);
void page_guests(struct page *page);
void page_pools(struct page *page);
void page_passes(struct page *page);
/* The repository and the cluster. */
void page_places(struct page *page);
void page_expiries(struct page *page);

/* How everything is taken together: for the headline and the colour of the page. */
enum tone page_overall(const json_t *status);
