#include "ctemplateshim.h"

#include <ctemplate/per_expand_data.h>
#include <ctemplate/template_cache.h>
#include <ctemplate/template_dictionary.h>
#include <ctemplate/template_emitter.h>
#include <ctemplate/template_enums.h>
#include <ctemplate/template_string.h>

#include <algorithm>
#include <cstring>
#include <string>

using ctemplate::TemplateDictionary;
using ctemplate::TemplateString;

struct gatehouse_templates {
  ctemplate::TemplateCache cache;
};

namespace {

// Blank lines go, line ends stay: text in <pre> keeps its shape.
constexpr ctemplate::Strip strip = ctemplate::STRIP_BLANK_LINES;

TemplateDictionary *dictionary(gatehouse_values *values) noexcept {
  return reinterpret_cast<TemplateDictionary *>(values);
}

gatehouse_values *values(TemplateDictionary *dictionary) noexcept {
  return reinterpret_cast<gatehouse_values *>(dictionary);
}

TemplateString text(const uint8_t *bytes, size_t length) {
  return TemplateString(reinterpret_cast<const char *>(bytes), length);
}

// Fills the caller's buffer and goes on counting when it is full.
class Gauge final : public ctemplate::ExpandEmitter {
 public:
  Gauge(uint8_t *buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) {}
  void Emit(char c) override { Emit(&c, 1); }
  void Emit(const std::string &s) override { Emit(s.data(), s.size()); }
  void Emit(const char *s) override { Emit(s, std::strlen(s)); }
  void Emit(const char *s, size_t length) override {
    if (length_ < capacity_) std::memcpy(buffer_ + length_, s, std::min(length, capacity_ - length_));
    length_ += length;
  }
  size_t length() const { return length_; }

 private:
  uint8_t *const buffer_;
  const size_t capacity_;
  size_t length_ = 0;
};

}  // namespace

gatehouse_templates *gatehouse_templates_create(void) try {
  return new gatehouse_templates;
} catch (...) {
  return nullptr;
}

void gatehouse_templates_destroy(gatehouse_templates *templates) { delete templates; }

bool gatehouse_templates_add(
    gatehouse_templates *templates, const uint8_t *name, size_t name_length, const uint8_t *content, size_t content_length) try {
  return templates->cache.StringToTemplateCache(text(name, name_length), text(content, content_length), strip);
} catch (...) {
  return false;
}

void gatehouse_templates_seal(gatehouse_templates *templates) { templates->cache.Freeze(); }

gatehouse_values *gatehouse_values_create(void) try {
  return values(new TemplateDictionary("page"));
} catch (...) {
  return nullptr;
}

void gatehouse_values_destroy(gatehouse_values *page) { delete dictionary(page); }

gatehouse_values *gatehouse_values_include(
    gatehouse_values *page, const uint8_t *name, size_t name_length, const uint8_t *content,
    size_t content_length) try {
  TemplateDictionary *included = dictionary(page)->AddIncludeDictionary(text(name, name_length));
  included->SetFilename(text(content, content_length));
  return values(included);
} catch (...) {
  return nullptr;
}

bool gatehouse_values_set(
    gatehouse_values *values, const uint8_t *name, size_t name_length, const uint8_t *value, size_t value_length) try {
  dictionary(values)->SetValue(text(name, name_length), text(value, value_length));
  return true;
} catch (...) {
  return false;
}

gatehouse_values *gatehouse_values_section(gatehouse_values *parent, const uint8_t *name, size_t name_length) try {
  return values(dictionary(parent)->AddSectionDictionary(text(name, name_length)));
} catch (...) {
  return nullptr;
}

ptrdiff_t gatehouse_templates_expand(
    const gatehouse_templates *templates, const uint8_t *name, size_t name_length, const gatehouse_values *page,
    uint8_t *buffer, size_t capacity) try {
  Gauge gauge(buffer, capacity);
  ctemplate::PerExpandData nothing_more;
  const auto *dictionary = reinterpret_cast<const TemplateDictionary *>(page);
  // ExpandNoLoad never looks at the disk, which the other expanders do for a name that they don't know.
  const bool whole = templates->cache.ExpandNoLoad(
      text(name, name_length), strip, dictionary, &nothing_more, &gauge);
  return whole ? static_cast<ptrdiff_t>(gauge.length()) : -1;
} catch (...) {
  return -1;
}
