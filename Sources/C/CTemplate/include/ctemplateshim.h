// The part of libctemplate (C++) that pages need, as C: templates from memory with automatic escaping, and a tree of
// values to expand them with. Templates are added before the set is sealed; from then on nothing in it changes, so any
// number of threads may expand at once, and nothing is ever read from disk. No C++ exception leaves these functions.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A set of parsed templates.
typedef struct gatehouse_templates gatehouse_templates;
// The values of one expansion, or of one turn of a section in it.
typedef struct gatehouse_values gatehouse_values;

// NULL when memory ran out.
gatehouse_templates *gatehouse_templates_create(void);
void gatehouse_templates_destroy(gatehouse_templates *templates);

// False when the text does not parse, or puts a value where no escaping could make it safe.
bool gatehouse_templates_add(
    gatehouse_templates *templates, const uint8_t *name, size_t name_length, const uint8_t *content, size_t content_length);
void gatehouse_templates_seal(gatehouse_templates *templates);

// The values of one page. NULL when memory ran out.
gatehouse_values *gatehouse_values_create(void);
// Frees them, and all that hangs below them.
void gatehouse_values_destroy(gatehouse_values *page);

// Puts the template `content` in the place that `name` holds open, and answers its values; they live as long as the
// page's. NULL when memory ran out.
gatehouse_values *gatehouse_values_include(
    gatehouse_values *page, const uint8_t *name, size_t name_length, const uint8_t *content, size_t content_length);

// Copies both. False when memory ran out.
bool gatehouse_values_set(
    gatehouse_values *values, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length);
// One more turn of a section; it lives as long as the page's values. NULL when memory ran out.
gatehouse_values *gatehouse_values_section(gatehouse_values *values, const uint8_t *name, size_t name_length);

// Writes the page into `buffer` and answers its whole length; what exceeds `capacity` is left out, so that the caller
// can come again with more room. -1 when there is no such template or memory ran out.
ptrdiff_t gatehouse_templates_expand(
    const gatehouse_templates *templates, const uint8_t *name, size_t name_length, const gatehouse_values *page,
    uint8_t *buffer, size_t capacity);

#ifdef __cplusplus
}
#endif
