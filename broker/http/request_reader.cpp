#include "broker/http/request_reader.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace sallyport::broker::http {

namespace beast_http = boost::beast::http;

class RequestReader::Impl {
 public:
  explicit Impl(ReaderLimits limits) : limits_(limits) {
    // The parser counts the request line and the fields each by itself, and only as far as a piece shows
    // them, so the exact bound is kept in `feed`. Its own limit is 32 bit wide.
    parser_.header_limit(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(limits.max_header_bytes + 64, 0x7FFFFFFF)));
    parser_.body_limit(limits.max_body_bytes);
    parser_.eager(false);
  }

  std::size_t feed(std::string_view bytes) {
    if (state_ != State::head && state_ != State::body) return 0;
    std::size_t consumed = 0;
    if (state_ == State::head && !parser_.got_some()) {
      // RFC 9112, 2.2: an empty line before a request is to be ignored; some old clients send one after a
      // body.
      while (consumed < bytes.size() && (bytes[consumed] == '\r' || bytes[consumed] == '\n')) {
        ++consumed;
        if (++empty_bytes_ > 4) {
          fail(400, "the request does not begin with a request line");
          return consumed;
        }
      }
      if (consumed == bytes.size()) return consumed;
    }
    // However much of a chunked body has been read, five bytes are still to come, "0 CRLF CRLF". With less at
    // hand Beast 1.81 runs into an assertion of its own.
    if (state_ == State::body && parser_.chunked() && bytes.size() < 5) return consumed;
    boost::beast::error_code error;
    const std::size_t taken = parser_.put(boost::asio::buffer(bytes.substr(consumed)), error);
    consumed += taken;
    if (error && error != beast_http::error::need_more) {
      fail_parsing(error);
      return consumed;
    }
    if (state_ == State::head) {
      head_bytes_ += taken;
      const std::size_t seen = parser_.is_header_done() ? head_bytes_ : head_bytes_ + bytes.size() - consumed;
      if (seen > limits_.max_header_bytes) {
        fail_parsing(beast_http::error::header_limit);
      } else if (parser_.is_header_done()) {
        finish_head();
      }
    } else if (state_ == State::body) {
      if (parser_.is_done()) {
        state_ = State::complete;
      } else if (bytes.size() - consumed >= limits_.max_header_bytes) {
        // The length of a chunk's own header, and of the trailer, is not bounded by the parser.
        fail(400, "a chunk header or the trailer is longer than " + std::to_string(limits_.max_header_bytes) +
                      " bytes");
      }
    }
    return consumed;
  }

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] const Failure& failure() const { return failure_; }

  Request take() {
    Request request;
    request.head = std::move(head_);
    request.body = std::move(parser_.get().body());
    return request;
  }

 private:
  void fail(int status, std::string message) {
    state_ = State::failed;
    failure_.status = status;
    failure_.message = std::move(message);
  }

  void fail_parsing(const boost::beast::error_code& error) {
    if (error == beast_http::error::header_limit) {
      fail(431, "the request's header is longer than " + std::to_string(limits_.max_header_bytes) + " bytes");
    } else if (error == beast_http::error::body_limit) {
      fail(413, "the request's body is longer than " + std::to_string(limits_.max_body_bytes) + " bytes");
    } else if (error == beast_http::error::bad_version) {
      fail(505, "the broker speaks HTTP/1.1 and HTTP/1.0");
    } else {
      fail(400, "the request is not valid HTTP/1.1: " + error.message());
    }
  }

  void finish_head() {
    const auto& message = parser_.get();
    head_.method = std::string(message.method_string());
    head_.keep_alive = parser_.keep_alive();
    head_.takes_chunks = parser_.get().version() >= 11;
    for (const auto& field : message) {
      Header header;
      header.name = std::string(field.name_string());
      header.value = std::string(field.value());
      head_.headers.push_back(std::move(header));
    }
    if (!split_target(message.target())) return fail(400, "the request's target is neither a path nor a URL");
    if (!check_host(message.version() >= 11)) return;
    if (!check_transfer_encoding(message.version() >= 11)) return;
    if (const auto expect = head_.header("Expect")) {
      if (!equal_ignoring_case(*expect, "100-continue"))
        return fail(417, "the only expectation is 100-continue");
      head_.expects_continue = message.version() >= 11;
    }
    head_.has_body = !parser_.is_done();
    state_ = head_.has_body ? State::body : State::complete;
    parser_.eager(true);
  }

  bool split_target(boost::beast::string_view raw) {
    std::string_view target(raw.data(), raw.size());
    // The absolute form is for proxies, but a server has to take it (RFC 9112, 3.2.2).
    for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
      if (target.size() < scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme))
        continue;
      target.remove_prefix(scheme.size());
      const auto path = target.find_first_of("/?");
      target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
      break;
    }
    if (target != "*" && !target.starts_with('/')) return false;
    const auto question = target.find('?');
    head_.path = std::string(target.substr(0, question));
    if (question != std::string_view::npos) head_.query = std::string(target.substr(question + 1));
    return true;
  }

  bool check_host(bool required) {
    std::size_t count = 0;
    for (const Header& field : head_.headers) count += equal_ignoring_case(field.name, "Host") ? 1 : 0;
    if (count == 1 || (count == 0 && !required)) return true;
    fail(400, count == 0 ? "the request has no Host field" : "the request has more than one Host field");
    return false;
  }

  /// A coding that the parser skips would leave the body's end to guesswork, and that is how requests are
  /// smuggled.
  bool check_transfer_encoding(bool allowed) {
    const auto encoding = head_.header("Transfer-Encoding");
    if (!encoding) return true;
    if (!allowed) {
      fail(400, "HTTP/1.0 has no Transfer-Encoding");
      return false;
    }
    std::size_t count = 0;
    for (const Header& field : head_.headers)
      count += equal_ignoring_case(field.name, "Transfer-Encoding") ? 1 : 0;
    if (count == 1 && equal_ignoring_case(*encoding, "chunked") && parser_.chunked()) return true;
    fail(501, "the only transfer coding is chunked");
    return false;
  }

  ReaderLimits limits_;
  beast_http::request_parser<beast_http::string_body> parser_;
  State state_ = State::head;
  RequestHead head_;
  Failure failure_;
  std::size_t empty_bytes_ = 0;
  std::uint64_t head_bytes_ = 0;
};

RequestReader::RequestReader(ReaderLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestReader::~RequestReader() = default;

std::size_t RequestReader::feed(std::string_view bytes) {
  return impl_->feed(bytes);
}
RequestReader::State RequestReader::state() const {
  return impl_->state();
}
const RequestHead& RequestReader::head() const {
  return impl_->head();
}
const RequestReader::Failure& RequestReader::failure() const {
  return impl_->failure();
}
Request RequestReader::take() {
  return impl_->take();
}

}  // namespace sallyport::broker::http
