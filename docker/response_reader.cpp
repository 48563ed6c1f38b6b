#include "docker/response_reader.hpp"

#include "docker/limits.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstdint>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace sallyport::docker::detail {

namespace {

constexpr std::size_t read_bytes = 8 * 1024;

// A body that is taken away in pieces. Unlike http::string_body it reserves nothing for a Content-Length that
// the peer only claims.
struct PieceBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}

    static void init(const boost::optional<std::uint64_t>&, beast::error_code& code) { code = {}; }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& code) {
      std::size_t total = 0;
      for (const asio::const_buffer buffer : beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        total += buffer.size();
      }
      code = {};
      return total;
    }

    static void finish(beast::error_code& code) { code = {}; }

   private:
    value_type& body_;
  };
};

Error to_error(const beast::error_code& code) {
  if (code == http::error::header_limit || code == http::error::body_limit ||
      code == http::error::buffer_overflow) {
    return make_error(ErrorKind::too_large, "the answer exceeds its bound (" + code.message() + ")");
  }
  if (code == http::error::partial_message || code == http::error::end_of_stream) {
    return make_error(ErrorKind::closed, "the engine closed the connection before its answer was complete");
  }
  return make_error(ErrorKind::malformed, "not an HTTP answer: " + code.message());
}

// Beast 1.81 asserts, in debug builds, that the last chunk is shown to it again only with all of "0\r\n\r\n"
// there. So it waits for that. More always comes: a piece of chunk data that looks so is followed by CRLF.
template <class Parser>
bool may_be_part_of_last_chunk(const beast::flat_buffer& buffer, const Parser& parser) {
  if (!parser.is_header_done() || !parser.chunked() || buffer.size() >= 5) return false;
  const std::string_view text(static_cast<const char*>(buffer.cdata().data()), buffer.size());
  return text.starts_with("0\r\n");
}

}  // namespace

struct ResponseReader::State {
  // Room for a header of the greatest allowed size and a read behind it.
  beast::flat_buffer buffer{max_header_bytes + read_bytes};
  http::response_parser<PieceBody> parser;
};

ResponseReader::ResponseReader(std::optional<std::size_t> max_body_bytes)
    : state_(std::make_unique<State>()) {
  state_->parser.header_limit(max_header_bytes);
  if (max_body_bytes) {
    state_->parser.body_limit(std::uint64_t{*max_body_bytes});
  } else {
    state_->parser.body_limit(boost::none);
  }
}

ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;
ResponseReader::~ResponseReader() = default;

asio::mutable_buffer ResponseReader::prepare() {
  return state_->buffer.prepare(read_bytes);
}

Result<void> ResponseReader::commit(std::size_t bytes) {
  state_->buffer.commit(bytes);
  if (bytes > 0) started_ = true;
  return parse();
}

Result<void> ResponseReader::read_body() {
  header_only_ = false;
  return parse();
}

Result<void> ResponseReader::fail(Error error) {
  failed_ = std::move(error);
  return *failed_;
}

Result<void> ResponseReader::parse() {
  if (failed_) return *failed_;
  auto& [buffer, parser] = *state_;
  while (buffer.size() > 0 && !parser.is_done()) {
    if (header_only_ && parser.is_header_done()) break;
    if (may_be_part_of_last_chunk(buffer, parser)) break;
    beast::error_code code;
    const std::size_t used = parser.put(buffer.data(), code);
    buffer.consume(used);
    if (code == http::error::need_more) break;
    if (code) return fail(to_error(code));
  }
  // What is left when more is needed is a part of a header or of a chunk's header. Beast bounds the former
  // only.
  if (!done() && !(header_only_ && header_done()) && buffer.size() >= max_header_bytes) {
    return fail(make_error(ErrorKind::too_large, "the answer exceeds its bound (a chunk's header)"));
  }
  return {};
}

Result<void> ResponseReader::end() {
  if (failed_) return *failed_;
  auto& parser = state_->parser;
  if (!parser.is_header_done()) {
    return fail(to_error(http::error::end_of_stream));
  }
  if (parser.is_done()) return {};
  beast::error_code code;
  parser.put_eof(code);
  if (code) return fail(to_error(code));
  return {};
}

bool ResponseReader::header_done() const {
  return state_->parser.is_header_done();
}
bool ResponseReader::done() const {
  return state_->parser.is_done();
}
int ResponseReader::status() const {
  return static_cast<int>(state_->parser.get().result_int());
}
bool ResponseReader::chunked() const {
  return header_done() && state_->parser.chunked();
}

bool ResponseReader::reusable() const {
  return done() && state_->parser.keep_alive() && state_->buffer.size() == 0;
}

std::string ResponseReader::take_body() {
  return std::exchange(state_->parser.get().body(), std::string());
}

std::size_t ResponseReader::body_size() const {
  return state_->parser.get().body().size();
}

std::string ResponseReader::take_unparsed() {
  std::string rest = beast::buffers_to_string(state_->buffer.data());
  state_->buffer.clear();
  return rest;
}

}  // namespace sallyport::docker::detail
