// The loop, the connection and the C border. Beast and Asio take the better part of a minute to compile, so
// all of it is one translation unit.
#include "connection.hpp"

#include <algorithm>
#include <cstdio>

// ---------------------------------------------------------------- the loop

namespace {

beast_address packed(tcp::endpoint const &endpoint) {
  auto address = endpoint.address();
  auto bytes = (address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6())
                   .to_bytes();
  beast_address packed{};
  for (int i = 0; i < 8; i++) {
    packed.high = packed.high << 8 | bytes[i];
    packed.low = packed.low << 8 | bytes[i + 8];
  }
  return packed;
}

// The process or the machine has run out of something: trying again at once would spin.
bool is_starvation(Error error) {
  return error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
         error == asio::error::no_memory || error.value() == ENFILE;
}

constexpr size_t most_turned_away = 256;
constexpr auto starvation_pause = std::chrono::milliseconds(100);

}  // namespace

Loop::Loop(int listener, bool is_v6, beast_limits const &l, beast_events const &e,
           std::shared_ptr<asio::ssl::context> t, void *c)
    : limits(l), events(e), tls(std::move(t)), context(c) {
  deadlines.limit(Phase::handshake, limits.head_time);
  deadlines.limit(Phase::head, limits.head_time);
  deadlines.limit(Phase::body, limits.body_time);
  deadlines.limit(Phase::idle, limits.idle_time);
  deadlines.limit(Phase::write, limits.write_time);
  deadlines.limit(Phase::linger, limits.linger_time);
  // A client that keeps its end open after the server has closed must not hold up the end of the program.
  deadlines.limit(Phase::farewell, std::min<uint32_t>(limits.linger_time, 250));
  acceptor_.assign(is_v6 ? tcp::v6() : tcp::v4(), listener);
  acceptor_.non_blocking(true);
  accept();
}

void Loop::accept() {
  acceptor_.async_accept(peer_, [this](Error error, Socket socket) {
    if (is_stopping) return;
    if (is_starvation(error)) {
      if (!is_starved_) events.troubled(context, error == asio::error::no_descriptors || error.value() == ENFILE
                                                     ? "no descriptor is left for a new connection"
                                                     : "no memory is left for a new connection");
      is_starved_ = true;
      retry_.expires_after(starvation_pause);
      retry_.async_wait([this](Error cancelled) {
        if (!cancelled && !is_stopping) accept();
      });
      return;
    }
    // Every other error belongs to a client that left while it waited in the queue.
    if (!error) {
      is_starved_ = false;
      try {
        welcome(std::move(socket));
      } catch (std::exception const &failure) {
        events.troubled(context, failure.what());  // one connection less, but the next one is accepted
      }
    }
    accept();
  });
}

void Loop::welcome(Socket socket) {
  Error ignored;  // a socket without TCP_NODELAY is slower, not wrong
  socket.set_option(tcp::no_delay(true), ignored);
  auto connection = std::make_shared<Connection>(*this, std::move(socket), packed(peer_));
  unsigned status = events.opened(context, connection->peer());
  if (status == 0) connection->start();
  // In front of a handshake nothing can be said. And who is turned away in such numbers knows why.
  else if (!tls && turned_away < most_turned_away) connection->turn_away(status);
}

void Loop::run(bool waits) {
  try {
    if (waits) io.run_one();
    // Not all there is: under load there is always more, and Swift's jobs wait for their turn as well.
    for (int turn = 0; turn < 64 && io.poll_one(); turn++) {}
  } catch (std::exception const &error) {
    // Most likely memory: the connection whose turn it was is closed by its destructor, the others go on.
    events.troubled(context, error.what());
  } catch (...) {
    events.troubled(context, "an unknown failure in the event loop");
  }
}

void Loop::wake() {
  asio::post(io, [] {});
}

void Loop::stop(uint32_t milliseconds) {
  if (is_stopping) return;
  is_stopping = true;
  Error ignored;  // closing can't fail in a way that leaves the socket open
  acceptor_.close(ignored);
  retry_.cancel();
  std::vector<std::shared_ptr<Connection>> all;
  deadlines.for_each([&](Connection *connection) { all.push_back(connection->shared_from_this()); });
  for (auto &connection : all) connection->close_if_idle();
  grace_.expires_after(std::chrono::milliseconds(milliseconds));
  grace_.async_wait([this](Error cancelled) {
    if (!cancelled) close_all();
  });
}

void Loop::close_all() {
  std::vector<std::shared_ptr<Connection>> all;
  deadlines.for_each([&](Connection *connection) { all.push_back(connection->shared_from_this()); });
  for (auto &connection : all) connection->close();
}

void Loop::enter(Deadlines<Connection>::Place place, Phase phase) {
  auto deadline = deadlines.enter(place, phase);
  if (deadline < alarm_) watch(deadline);
}

void Loop::watch(Clock::time_point deadline) {
  alarm_ = deadline;
  clock_.expires_at(deadline);
  clock_.async_wait([this](Error cancelled) {
    if (!cancelled) sweep();
  });
}

void Loop::sweep() {
  auto now = Clock::now();
  alarm_ = Clock::time_point::max();
  while (auto *connection = deadlines.overdue(now)) connection->shared_from_this()->expire();
  if (auto earliest = deadlines.earliest(); earliest < alarm_) watch(earliest);
}

// ---------------------------------------------------------------- a connection

Connection::Connection(Loop &loop, Socket socket, beast_address peer)
    : loop_(loop), socket_(std::move(socket)), peer_(peer), place_(loop.deadlines.add(this)) {
  loop_.connections++;
  if (loop_.tls) tls_.emplace(socket_, *loop_.tls);
}

Connection::~Connection() {
  close();
  loop_.deadlines.remove(place_);
  drop_parser();
}

void Connection::start() {
  is_admitted_ = true;
  if (tls_) return handshake();
  enter(Phase::head);
  read();
}

void Connection::handshake() {
  enter(Phase::handshake);
  tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](Error error) {
    if (error) return self->close();
    self->enter(Phase::head);
    self->read();
  });
}

void Connection::turn_away(unsigned status) {
  is_turned_away_ = true;
  loop_.turned_away++;
  refuse(status, "too many connections");
}

// Makes ready for the next request, which may be in the buffer already.
void Connection::next() {
  if (loop_.is_stopping || !keeps_alive_) return finish();
  state_ = State::reading;
  scanner_.reset();
  is_first_line_skipped_ = is_head_ = is_http10_ = false;
  if (out_.capacity() > 8192) std::string().swap(out_);
  if (in_.size()) {
    enter(Phase::head);
    return parse();
  }
  is_idle_ = true;
  is_fresh_ = true;
  if (in_.capacity() > 4096 && !is_reading_) in_.shrink_to_fit();
  enter(Phase::idle);
  read();
}

void Connection::read() {
  if (is_reading_) return;
  is_reading_ = true;
  // A head is small, a body may be large; an idle connection holds this buffer for as long as it is idle.
  // A client that reads a stream has nothing to say until the stream ends.
  auto room = in_.prepare(state_ == State::streaming ? 256 : parser_ ? 16384 : 2048);
  with_stream([&](auto &stream) {
    stream.async_read_some(room, [self = shared_from_this()](Error error, size_t count) {
      self->is_reading_ = false;
      if (self->state_ == State::closed) return;
      if (error) return self->close();
      self->in_.commit(count);
      self->received(count);
    });
  });
}

void Connection::received(size_t count) {
  switch (state_) {
    case State::reading:
      is_fresh_ = false;
      if (is_idle_) {
        is_idle_ = false;
        enter(Phase::head);
      }
      return parse();
    case State::streaming:
    case State::ending:
      // The read was there to notice that the reader leaves. It brought the next request, which waits in the buffer
      // until this answer has ended; from now on only a write tells that the reader is gone.
      return;
    case State::draining:
      in_.clear();
      drained_ += count;
      return drain();
    case State::waiting:
    case State::answering:  // left over from a read that was pending when its time ran out
    case State::closed:
      return;
  }
}

void Connection::parse() { parser_ ? parse_body() : parse_head(); }

namespace {

struct Refusal {
  unsigned status;
  char const *reason;
};

constexpr Refusal none{0, nullptr};

// Letters, digits and what names, addresses and ports need besides. Sub-delimiters may stand in a host by RFC 3986
// §3.2.2, but no name in use has them, and each has a meaning somewhere behind.
bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    bool is_letter_or_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter_or_digit || (c && std::strchr("-._~:[]%", c));
  });
}

// What Beast leaves to the application.
template <class Message>
Refusal check(Message const &message, size_t field_count, beast_limits const &limits) {
  if (field_count > limits.fields) return {431, "too many fields"};

  // RFC 9110 §9.1: a method that is unrecognized or not implemented SHOULD be answered 501.
  switch (message.method()) {
    case http::verb::get: case http::verb::head: case http::verb::post: case http::verb::put: case http::verb::patch:
    case http::verb::delete_: case http::verb::options: break;
    default: return {501, "unknown method"};
  }

  // RFC 3986 §2, §3.5: visible ASCII; a fragment is no part of a request.
  auto target = message.target();
  if (!std::all_of(target.begin(), target.end(), [](unsigned char c) { return c > ' ' && c < 0x7f && c != '#'; }))
    return {400, "malformed target"};

  // RFC 9112 §3.2: a server MUST answer 400 to a request without Host, with more than one, or with an invalid one.
  auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return {400, "not exactly one Host"};
  if (hosts == 1 && !is_host(message[http::field::host])) return {400, "invalid Host"};

  // RFC 9112 §6.1: what does not end in a coding that is known here has no length that everyone agrees on; and
  // HTTP/1.0 has no transfer codings at all. (Beside Content-Length, Beast refuses it.)
  if (auto count = message.count(http::field::transfer_encoding)) {
    if (count > 1 || message.version() == 10 || !beast::iequals(message[http::field::transfer_encoding], "chunked"))
      return {400, "unknown Transfer-Encoding"};
  }

  // RFC 9110 §8.6: a list of equal lengths may be taken as one; a proxy in front may read it otherwise.
  if (auto count = message.count(http::field::content_length)) {
    auto length = message[http::field::content_length];
    if (count > 1 || !std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return {400, "ambiguous Content-Length"};
  }

  // RFC 9110 §11.6.2: one value; with two, who asks would depend on who reads.
  if (message.count(http::field::authorization) > 1) return {400, "more than one Authorization"};

  // RFC 9110 §10.1.1: an expectation other than 100-continue MAY be answered 417.
  if (auto count = message.count(http::field::expect)) {
    if (count > 1 || !beast::iequals(message[http::field::expect], "100-continue")) return {417, "unknown expectation"};
  }
  return none;
}

}  // namespace

void Connection::parse_head() {
  auto bytes = static_cast<char const *>(in_.data().data());
  // RFC 9112 §2.2: a server SHOULD ignore at least one empty line before the request line.
  if (!is_first_line_skipped_ && in_.size() >= 2 && bytes[0] == '\r' && bytes[1] == '\n') {
    is_first_line_skipped_ = true;
    in_.consume(2);
    bytes = static_cast<char const *>(in_.data().data());
  }
  switch (scanner_.scan(bytes, in_.size())) {
    case HeadScanner::Verdict::bare_line_feed: return refuse(400, "bare line feed");
    case HeadScanner::Verdict::folded_line: return refuse(400, "folded field line");
    case HeadScanner::Verdict::incomplete:
      if (in_.size() < loop_.limits.head) return read();
      return scanner_.has_line() ? refuse(431, "head too large") : refuse(414, "request line too long");
    case HeadScanner::Verdict::complete: break;
  }
  if (scanner_.size() > loop_.limits.head) return refuse(431, "head too large");

  arena_ = loop_.arenas.take();
  parser_.emplace(std::piecewise_construct, std::make_tuple(), std::make_tuple(Allocator(arena_.get())));
  parser_->header_limit(static_cast<uint32_t>(scanner_.size() + 1));  // the scanner has counted; Beast need not
  parser_->body_limit(loop_.limits.body);
  Error error;
  std::string_view line(bytes, std::min<size_t>(in_.size(), scanner_.size()));
  line = line.substr(0, line.find('\r'));
  bool names_http = line.size() > 8 && line.substr(line.size() - 8, 5) == "HTTP/";
  in_.consume(parser_->put(in_.data(), error));
  is_head_ = parser_->get().method() == http::verb::head;
  if (error == http::error::bad_version && names_http) return refuse(505, "unknown version");
  if (error == http::error::body_limit) return refuse(413, "body too large");
  if (error || !parser_->is_header_done()) return refuse(400, error ? "malformed head" : "incomplete head");

  auto const &message = parser_->get();
  is_http10_ = message.version() == 10;
  keeps_alive_ = message.keep_alive();
  field_count_ = static_cast<size_t>(std::distance(message.begin(), message.end()));
  if (auto refusal = check(message, field_count_, loop_.limits); refusal.status)
    return refuse(refusal.status, refusal.reason);
  if (parser_->is_done()) return request();

  enter(Phase::body);
  // RFC 9110 §10.1.1: the client waits to be told to go on, unless it sends the body along.
  if (message.count(http::field::expect) && !is_http10_ && in_.size() == 0) return send_continue();
  parse_body();
}

void Connection::parse_body() {
  while (!parser_->is_done()) {
    if (in_.size() == 0) return read();
    Error error;
    size_t count = parser_->put(in_.data(), error);
    in_.consume(count);
    body_bytes_ += count;
    loop_.bodies += count;
    // Who sends slowly, on many connections, would have us keep as many bodies of full size.
    if (loop_.bodies > loop_.limits.bodies && body_bytes_ > loop_.limits.small)
      return refuse(503, "too many bodies at once");
    if (error == http::error::need_more) {
      // Chunk sizes and trailers are lines; they have the limit of a head.
      if (in_.size() > loop_.limits.head) return refuse(400, "chunk line too long");
      return read();
    }
    if (error == http::error::body_limit) return refuse(413, "body too large");
    if (error) return refuse(400, "malformed body");
    // Chunks of a byte each with long extensions: far more work than content.
    if (body_bytes_ > 8 * loop_.limits.body + 65536) return refuse(413, "body coding too large");
  }
  // RFC 9110 §6.5.1: trailers must not be merged into the header section. Beast does, so they are refused.
  auto const &message = parser_->get();
  if (static_cast<size_t>(std::distance(message.begin(), message.end())) != field_count_)
    return refuse(400, "trailer fields");
  request();
}

void Connection::send_continue() {
  static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
  is_writing_ = true;
  with_stream([&](auto &stream) {
    asio::async_write(stream, asio::buffer(line), [self = shared_from_this()](Error error, size_t) {
      self->is_writing_ = false;
      if (self->state_ != State::reading) return;
      if (error) return self->close();
      self->read();
    });
  });
}

void Connection::request() {
  state_ = State::waiting;
  held_ = shared_from_this();
  enter(Phase::none);
  auto self = held_;  // the answer may come, and the connection go, inside the call
  loop_.events.requested(loop_.context, this);
  drop_parser();
}

void Connection::refuse(unsigned status, char const *reason) {
  state_ = State::waiting;
  held_ = shared_from_this();
  keeps_alive_ = false;
  enter(Phase::none);
  auto self = held_;
  loop_.events.refused(loop_.context, this, status, reason);
  drop_parser();
}

void Connection::drop_parser() {
  parser_.reset();
  loop_.bodies -= body_bytes_;
  body_bytes_ = 0;
  loop_.arenas.give(std::move(arena_));
}

void Connection::expire() {
  switch (place_->phase) {
    case Phase::head:
      if (is_fresh_) return close();  // nobody has asked for anything
      return refuse(408, "head took too long");
    case Phase::body:
      if (is_writing_) return close();  // it does not even take the invitation to go on
      return refuse(408, "body took too long");
    case Phase::write: return close(true);
    case Phase::handshake:
    case Phase::idle:
    case Phase::linger:
    case Phase::farewell:
    case Phase::none: return close();
  }
}

void Connection::close_if_idle() {
  if (state_ == State::reading && is_fresh_) close();
}

// ---------------------------------------------------------------- the answer

namespace {

// Beast 1.81 writes what it is given. RFC 9112 §11.1: a CR or LF in a value would start another field, or another
// response; RFC 9110 §5.5: neither they nor NUL may stand in a value.
bool is_clean(beast_head const &head) {
  auto text = head.text;
  for (size_t field = 0; field < head.fields; field++) {
    uint32_t name = head.lengths[2 * field], value = head.lengths[2 * field + 1];
    if (name == 0) return false;
    for (uint32_t i = 0; i < name; i++) {
      uint8_t byte = text[i];
      if (byte <= ' ' || byte >= 0x7f || std::strchr("\"(),/:;<=>?@[\\]{}", byte)) return false;
    }
    text += name;
    for (uint32_t i = 0; i < value; i++) {
      if ((text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f) return false;
    }
    text += value;
  }
  return true;
}

// RFC 9110 §6.4.1, §15.3.5, §15.4.5: these never have content.
bool has_no_content(unsigned status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

template <class Buffers>
void Connection::append(std::string &text, Buffers const &buffers) {
  for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
    asio::const_buffer buffer = *it;
    text.append(static_cast<char const *>(buffer.data()), buffer.size());
  }
}

// Fills in the fields and lets Beast write the head into `out_`.
void Connection::build(Response &message, beast_head const &head, bool keeps_alive) {
  message.version(11);  // RFC 9112 §2.3: the version is the server's own, whatever the client's
  message.result(head.status);
  auto text = reinterpret_cast<char const *>(head.text);
  for (size_t field = 0; field < head.fields; field++) {
    std::string_view name(text, head.lengths[2 * field]);
    std::string_view value(text + name.size(), head.lengths[2 * field + 1]);
    message.insert(name, value);
    text += name.size() + value.size();
  }
  // RFC 9112 §9.3: an HTTP/1.0 client keeps the connection only if it is told so.
  if (!keeps_alive) message.set(http::field::connection, "close");
  else if (is_http10_) message.set(http::field::connection, "keep-alive");

  http::serializer<false, http::empty_body, HeadFields> serializer{message};
  serializer.split(true);
  Error error;
  while (!serializer.is_header_done()) {
    size_t count = 0;
    serializer.next(error, [&](Error &, auto const &buffers) {
      append(out_, buffers);
      count = asio::buffer_size(buffers);
    });
    if (error) return;
    serializer.consume(count);
  }
}

beast_outcome Connection::respond(beast_head const &head, uint8_t const *body, size_t count) {
  if (state_ == State::closed) {
    held_.reset();
    return BEAST_GONE;
  }
  if (!is_clean(head)) return BEAST_UNCLEAN;
  keeps_alive_ = keeps_alive_ && !head.closes && !loop_.is_stopping;
  auto arena = loop_.arenas.take();
  out_.clear();
  {
    Response message{std::piecewise_construct, std::make_tuple(), std::make_tuple(Allocator(arena.get()))};
    // RFC 9110 §8.6: a length with HEAD is the one that GET would have; 204 has none at all.
    if (!has_no_content(head.status) && !head.without_length) message.content_length(count);
    build(message, head, keeps_alive_);
  }
  loop_.arenas.give(std::move(arena));
  if (!is_head_ && !has_no_content(head.status)) out_.append(reinterpret_cast<char const *>(body), count);
  state_ = State::answering;
  enter(Phase::write);
  with_stream([&](auto &stream) {
    asio::async_write(stream, asio::buffer(out_), [self = shared_from_this()](Error error, size_t) {
      if (self->state_ != State::answering) return;
      if (error) return self->close();
      self->next();
    });
  });
  held_.reset();
  return BEAST_TAKEN;
}

beast_outcome Connection::stream_start(beast_head const &head, void *stream) {
  if (state_ == State::closed) {
    held_.reset();
    return BEAST_GONE;
  }
  if (!is_clean(head)) return BEAST_UNCLEAN;
  // RFC 9112 §6.1: HTTP/1.0 knows no chunks; there the end of the connection ends the body.
  keeps_alive_ = keeps_alive_ && !head.closes && !loop_.is_stopping && !is_http10_;
  auto arena = loop_.arenas.take();
  out_.clear();
  {
    Response message{std::piecewise_construct, std::make_tuple(), std::make_tuple(Allocator(arena.get()))};
    if (!is_http10_) message.chunked(true);
    build(message, head, keeps_alive_);
  }
  loop_.arenas.give(std::move(arena));
  pending_.swap(out_);
  stream_ = stream;
  state_ = State::streaming;
  if (in_.size() == 0) {
    if (!is_reading_) in_.shrink_to_fit();  // streams wait long
    read();  // to notice that the reader leaves
  }
  flush();
  return BEAST_TAKEN;
}

// Writes all that waits in one go; tells Swift when nothing waits any more.
void Connection::flush() {
  if (is_writing_ || pending_.empty()) return;
  out_.clear();
  out_.swap(pending_);
  is_writing_ = true;
  enter(Phase::write);
  with_stream([&](auto &stream) {
    asio::async_write(stream, asio::buffer(out_), [self = shared_from_this()](Error error, size_t) {
      self->is_writing_ = false;
      if (self->state_ == State::closed) return;
      if (error) return self->close();
      self->out_.clear();
      if (self->out_.capacity() > 1024) std::string().swap(self->out_);  // streams wait long between two pieces
      self->enter(Phase::none);
      if (!self->pending_.empty()) return self->flush();
      if (self->state_ == State::ending) return self->next();
      self->loop_.events.drained(self->stream_);
    });
  });
}

int64_t Connection::stream_write(uint8_t const *bytes, size_t count) {
  if (state_ != State::streaming) return -1;
  if (count > 0) {
    // The piece that comes on top may be of any size; what waits already may not.
    if (pending_.size() > loop_.limits.stream) {
      close(true);
      return -1;
    }
    if (is_http10_) pending_.append(reinterpret_cast<char const *>(bytes), count);
    else append(pending_, http::make_chunk(asio::const_buffer(bytes, count)));
    flush();
  }
  return static_cast<int64_t>(pending_.size() + out_.size());
}

bool Connection::stream_end() {
  if (state_ != State::streaming) return false;
  auto self = std::move(held_);
  stream_ = nullptr;
  state_ = State::ending;
  if (!is_http10_) append(pending_, http::make_chunk_last());
  if (pending_.empty() && !is_writing_) next();
  else flush();
  return true;
}

// ---------------------------------------------------------------- the end

// After the last answer. Closing with unread bytes makes the system send a reset, which may overtake the answer: so the
// sending half is closed, and for a while what comes in is read and thrown away (RFC 9112 §9.6).
void Connection::finish() {
  state_ = State::draining;
  drained_ = 0;
  in_.clear();
  enter(loop_.is_stopping ? Phase::farewell : Phase::linger);
  if (!tls_) return drain();
  if (is_reading_) return close();  // TLS says goodbye by reading too, and only one may read
  tls_->async_shutdown([self = shared_from_this()](Error) {  // a peer that left without saying so is no news
    if (self->state_ == State::draining) self->drain();
  });
}

void Connection::drain() {
  Error error;
  if (drained_ == 0) socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error || drained_ > loop_.limits.linger) return close();
  if (is_reading_) return;
  is_reading_ = true;
  socket_.async_read_some(in_.prepare(16384), [self = shared_from_this()](Error failure, size_t count) {
    self->is_reading_ = false;
    if (self->state_ == State::closed) return;
    if (failure) return self->close();
    self->in_.commit(count);
    self->received(count);
  });
}

void Connection::close(bool at_once) {
  if (state_ == State::closed) return;
  bool has_reader = state_ == State::streaming;
  state_ = State::closed;
  loop_.connections--;
  if (is_turned_away_) loop_.turned_away--;
  enter(Phase::none);
  Error ignored;  // whatever is wrong with the socket, it is closed afterwards
  // A client that does not read would keep its share of the system's memory: a reset frees it.
  if (at_once) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
  std::string().swap(pending_);
  if (is_admitted_) loop_.events.closed(loop_.context, peer_);
  if (has_reader) {
    auto self = std::move(held_);
    loop_.events.ended(stream_);
  }
}

// ---------------------------------------------------------------- the C border

namespace {

Loop *loop_of(beast_loop *loop) { return static_cast<Loop *>(loop); }
Connection *connection_of(beast_exchange *exchange) { return static_cast<Connection *>(exchange); }
Connection const *connection_of(beast_exchange const *exchange) { return static_cast<Connection const *>(exchange); }
beast_text text(std::string_view view) { return {reinterpret_cast<uint8_t const *>(view.data()), view.size()}; }

// RFC 7301: the one protocol that is spoken here; a client that offers only others gets none confirmed.
int choose_protocol(SSL *, unsigned char const **chosen, unsigned char *size, unsigned char const *offered,
                    unsigned int count, void *) {
  static unsigned char const http11[] = "\x08http/1.1";
  unsigned char *selected = nullptr;
  if (SSL_select_next_proto(&selected, size, http11, sizeof http11 - 1, offered, count) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

extern "C" {

beast_tls *beast_tls_new(char const *certificates, char const *key, char *reason, size_t room) {
  try {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    auto handle = context->native_handle();
    SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
    SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);  // an idle connection then holds 34 KiB less
    SSL_CTX_set_alpn_select_cb(handle, choose_protocol, nullptr);
    context->use_certificate_chain_file(certificates);
    context->use_private_key_file(key, asio::ssl::context::pem);
    return new beast_tls{std::move(context)};
  } catch (std::exception const &error) {
    std::snprintf(reason, room, "%s", error.what());
  } catch (...) {
    std::snprintf(reason, room, "unknown failure");
  }
  return nullptr;
}

void beast_tls_free(beast_tls *tls) { delete tls; }

beast_loop *beast_loop_new(int listener, int is_v6, beast_limits const *limits, beast_events const *events,
                           beast_tls const *tls, void *context) {
  try {
    return new Loop(listener, is_v6, *limits, *events, tls ? tls->context : nullptr, context);
  } catch (...) {
    return nullptr;
  }
}

void beast_loop_renew(beast_loop *loop, beast_tls const *tls) {
  if (loop_of(loop)->tls) loop_of(loop)->tls = tls->context;
}

void beast_loop_run(beast_loop *loop, int waits) { loop_of(loop)->run(waits); }

void beast_loop_wake(beast_loop *loop) {
  try {
    loop_of(loop)->wake();
  } catch (...) {
    // No memory for the wake-up: the next event of a socket or a deadline does its work.
  }
}

void beast_loop_stop(beast_loop *loop, uint32_t grace) {
  try {
    loop_of(loop)->stop(grace);
  } catch (std::exception const &error) {
    loop_of(loop)->events.troubled(loop_of(loop)->context, error.what());
  }
}

int beast_loop_is_stopped(beast_loop const *loop) { return static_cast<Loop const *>(loop)->is_stopped(); }

void beast_loop_free(beast_loop *loop) {
  loop_of(loop)->run(false);  // operations that were cancelled hold their connections until they are told
  delete loop_of(loop);
}

beast_text beast_exchange_method(beast_exchange const *exchange) {
  return text(connection_of(exchange)->parser().get().method_string());
}

beast_text beast_exchange_target(beast_exchange const *exchange) {
  auto connection = connection_of(exchange);
  return connection->has_parser() ? text(connection->parser().get().target()) : beast_text{nullptr, 0};
}

beast_text beast_exchange_body(beast_exchange const *exchange) {
  return text(connection_of(exchange)->parser().get().body());
}

size_t beast_exchange_fields(beast_exchange const *exchange, beast_field *fields) {
  size_t count = 0;
  for (auto const &field : connection_of(exchange)->parser().get())
    fields[count++] = {text(field.name_string()), text(field.value())};
  return count;
}

beast_address beast_exchange_peer(beast_exchange const *exchange) { return connection_of(exchange)->peer(); }

int beast_exchange_is_head(beast_exchange const *exchange) { return connection_of(exchange)->is_head(); }

// In the four below, what is thrown is want of memory: the connection can't go on.
beast_outcome beast_respond(beast_exchange *exchange, beast_head const *head, uint8_t const *body, size_t count) {
  try {
    return connection_of(exchange)->respond(*head, body, count);
  } catch (...) {
    connection_of(exchange)->close();
    return beast_respond(exchange, head, body, count);
  }
}

beast_outcome beast_stream_start(beast_exchange *exchange, beast_head const *head, void *stream) {
  auto connection = connection_of(exchange);
  try {
    return connection->stream_start(*head, stream);
  } catch (...) {
    bool has_begun = connection->is_streaming();
    connection->close();
    return has_begun ? BEAST_TAKEN : beast_stream_start(exchange, head, stream);
  }
}

int64_t beast_stream_write(beast_exchange *exchange, uint8_t const *bytes, size_t count) {
  try {
    return connection_of(exchange)->stream_write(bytes, count);
  } catch (...) {
    connection_of(exchange)->close();
    return -1;
  }
}

int beast_stream_end(beast_exchange *exchange) {
  auto self = connection_of(exchange)->shared_from_this();
  try {
    return self->stream_end();
  } catch (...) {
    self->close();
    return true;
  }
}

}  // extern "C"
