// One listening socket, its connections and what they share.
#pragma once
#define BOOST_BEAST_USE_STD_STRING_VIEW 1
// Beast 1.81 asserts that five bytes of a last chunk are there when only four may have come: a client could stop a
// debug build. The code behind the assertion copes.
#define BOOST_DISABLE_ASSERTS 1
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstring>
#include <memory>
#include <vector>

#include "arena.hpp"
#include "deadlines.hpp"
#include "head.hpp"
#include "include/cbeast.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Error = boost::system::error_code;
// The executor by its own type: Asio's type-erased default costs an indirection and an allocation per operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
using Allocator = ArenaAllocator<char>;
using HeadFields = http::basic_fields<Allocator>;
using Parser = http::request_parser<http::string_body, Allocator>;
using Response = http::response<http::empty_body, HeadFields>;

class Connection;

struct beast_tls {
  std::shared_ptr<asio::ssl::context> context;
};

struct beast_loop {};

class Loop : public beast_loop {
 public:
  Loop(int listener, bool is_v6, beast_limits const &limits, beast_events const &events,
       std::shared_ptr<asio::ssl::context> tls, void *context);

  void run(bool waits);
  void wake();
  void stop(uint32_t grace);
  bool is_stopped() const { return is_stopping && connections == 0; }
  void enter(Deadlines<Connection>::Place place, Phase phase);

  beast_limits const limits;
  beast_events const events;
  std::shared_ptr<asio::ssl::context> tls;  // of connections to come; null or not for the loop's whole life
  void *const context;
  Arenas arenas;
  Deadlines<Connection> deadlines;
  size_t connections = 0;
  size_t bodies = 0;       // bytes of the bodies that the connections hold
  size_t turned_away = 0;  // of the connections, those that were never let in
  bool is_stopping = false;
  // One thread runs the loop, so Asio's locks around sockets are left out; those around its queue stay, for `wake`.
  // After what connections use: they may live as long as their operations, which its destructor ends.
  asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};

 private:
  void accept();
  void welcome(Socket socket);
  void watch(Clock::time_point deadline);
  void sweep();
  void close_all();

  Acceptor acceptor_{io};
  tcp::endpoint peer_;
  Timer retry_{io}, clock_{io}, grace_{io};
  Clock::time_point alarm_ = Clock::time_point::max();
  bool is_starved_ = false;
  // Keeps a wait from ending for want of sockets while a handler still works.
  asio::executor_work_guard<Executor> work_{io.get_executor()};
};
