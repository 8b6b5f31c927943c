// One connection, from its first byte to its last.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "loop.hpp"

// What Swift holds of a connection while a request waits for its answer.
struct beast_exchange {};

class Connection : public beast_exchange, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop &loop, Socket socket, beast_address peer);
  ~Connection();

  void start();
  // Answers a connection that is one too many; it was never let in.
  void turn_away(unsigned status);
  // The time of the phase is over.
  void expire();
  // Ends at once if no request runs.
  void close_if_idle();
  void close() { close(false); }

  Parser const &parser() const { return *parser_; }
  // A refusal may come before there is a request line to look at.
  bool has_parser() const { return parser_.has_value(); }
  beast_address peer() const { return peer_; }
  bool is_head() const { return is_head_; }
  bool is_streaming() const { return state_ == State::streaming; }

  beast_outcome respond(beast_head const &head, uint8_t const *body, size_t count);
  beast_outcome stream_start(beast_head const &head, void *stream);
  int64_t stream_write(uint8_t const *bytes, size_t count);
  bool stream_end();

 private:
  enum class State {
    reading,    // a head or a body is on its way
    waiting,    // a handler works on the answer
    answering,  // a whole answer is on its way out
    streaming,  // the answer is written piece by piece
    ending,     // the last piece of a stream is on its way out
    draining,   // the last answer is out; what still comes in is thrown away
    closed,
  };

  void handshake();
  void next();
  void read();
  void received(size_t count);
  void parse();
  void parse_head();
  void parse_body();
  void request();
  void refuse(unsigned status, char const *reason);
  void send_continue();
  void answered();
  void flush();
  void finish();
  void drain();
  void close(bool at_once);
  void enter(Phase phase) { loop_.enter(place_, phase); }
  void drop_parser();
  void build(Response &message, beast_head const &head, bool keeps_alive);
  template <class Buffers>
  void append(std::string &text, Buffers const &buffers);
  template <class Body>
  void with_stream(Body body) {
    if (tls_) body(*tls_);
    else body(socket_);
  }

  Loop &loop_;
  Socket socket_;
  std::optional<asio::ssl::stream<Socket &>> tls_;
  beast_address peer_;
  Deadlines<Connection>::Place place_;
  State state_ = State::reading;

  // The way in.
  beast::flat_buffer in_;
  HeadScanner scanner_;
  std::unique_ptr<Arena> arena_;
  std::optional<Parser> parser_;
  size_t field_count_ = 0;       // of the head alone, to tell trailers
  uint64_t body_bytes_ = 0;      // as they came, chunk framing included
  bool is_admitted_ = false;     // counted by Swift, which wants to hear of the end
  bool is_turned_away_ = false;  // one too many: only there to be told so
  bool is_idle_ = false;         // between two requests, with no byte of the next one
  bool is_reading_ = false;      // a read is pending: there is never more than one
  bool is_fresh_ = true;         // no byte of a request has come yet
  bool is_first_line_skipped_ = false;
  size_t drained_ = 0;

  // The request that is being answered.
  bool keeps_alive_ = false, is_head_ = false, is_http10_ = false;
  std::shared_ptr<Connection> held_;  // keeps this alive while Swift holds the exchange

  // The way out.
  std::string out_;      // being written
  std::string pending_;  // pieces of a stream that wait for their turn
  bool is_writing_ = false;
  void *stream_ = nullptr;
};
