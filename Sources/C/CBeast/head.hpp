// The end of a request's head, found before Beast reads it.
//
// Beast unfolds folded lines silently and answers a bare line feed only when the head is complete, which it then never
// is. Both are refused here as soon as they show, and Beast is fed whole heads only.
#pragma once
#include <cstddef>
#include <cstring>

class HeadScanner {
 public:
  enum class Verdict { incomplete, complete, bare_line_feed, folded_line };

  // Reads on where the last call stopped; `bytes` starts at the head's first byte each time.
  Verdict scan(char const *bytes, size_t count) {
    while (position_ < count) {
      auto found = static_cast<char const *>(std::memchr(bytes + position_, '\n', count - position_));
      if (!found) {
        position_ = count;
        break;
      }
      size_t at = static_cast<size_t>(found - bytes);
      // RFC 9112 §2.2: a bare LF may be taken as a line end; a proxy in front may not take it so, hence it is refused.
      if (at == 0 || bytes[at - 1] != '\r') return Verdict::bare_line_feed;
      if (has_line_ && at == line_end_ + 2) {
        size_ = at + 1;
        return Verdict::complete;
      }
      if (at + 1 == count) {
        position_ = at;  // whether the line is folded, the next byte tells
        break;
      }
      // RFC 9112 §5.2: a server MUST reject obs-fold or replace it.
      if (bytes[at + 1] == ' ' || bytes[at + 1] == '\t') return Verdict::folded_line;
      has_line_ = true;
      line_end_ = at;
      position_ = at + 1;
    }
    return Verdict::incomplete;
  }

  // Bytes of the head with its empty line, once complete.
  size_t size() const { return size_; }
  // Whether the request line has ended.
  bool has_line() const { return has_line_; }
  void reset() { *this = HeadScanner(); }

 private:
  size_t position_ = 0, line_end_ = 0, size_ = 0;
  bool has_line_ = false;
};
