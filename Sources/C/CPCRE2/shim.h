// PCRE2 for Swift, on UTF-8: the regular expressions of JSON Schema and of policies, with limits on what they may cost.
#pragma once
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
