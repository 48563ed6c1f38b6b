#include "broker/stream/event_response.hpp"

#include <utility>

namespace sallyport::broker {

http::Response event_response(EventReader reader) {
  http::Response response;
  response.content_type = reader.form->content_type();
  response.headers = streaming_headers();
  response.produce = [reader = std::move(reader)](http::BodyWriter& writer, std::stop_token stop) {
    return send_events(reader, writer, std::move(stop));
  };
  return response;
}

}  // namespace sallyport::broker
