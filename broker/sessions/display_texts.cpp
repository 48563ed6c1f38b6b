#include "broker/sessions/display_texts.hpp"

#include <cstddef>
#include <utility>

namespace sallyport::broker {
namespace {

template <class F>
void for_each_text(ExecutionReply& reply, F function) {
  const auto visit = [&function](runners::DisplayBundle& bundle) {
    for (auto& [media_type, content] : bundle) {
      if (media_type.starts_with("text/")) function(content);
    }
  };
  if (reply.result) visit(*reply.result);
  for (runners::DisplayBundle& bundle : reply.displays) visit(bundle);
}

}  // namespace

std::vector<std::string> take_display_texts(ExecutionReply& reply) {
  std::vector<std::string> texts;
  for_each_text(reply, [&texts](std::string& text) { texts.push_back(std::move(text)); });
  return texts;
}

void put_display_texts(ExecutionReply& reply, std::vector<std::string> texts) {
  std::size_t next = 0;
  for_each_text(reply, [&texts, &next](std::string& text) { text = std::move(texts.at(next++)); });
}

}  // namespace sallyport::broker
