#include "broker/mcp/tool_result.hpp"

#include "base/base64.hpp"
#include "broker/api/media_type.hpp"
#include "broker/api/utf8.hpp"
#include "broker/mcp/text_for_model.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace sallyport::broker::mcp {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson text_block(std::string text) {
  OrderedJson block;
  block["type"] = "text";
  block["text"] = std::move(text);
  return block;
}

/// Of the kinds that models see.
bool is_picture(std::string_view type) {
  return type == "image/png" || type == "image/jpeg" || type == "image/gif" || type == "image/webp";
}

bool is_text(std::string_view type) {
  return type.starts_with("text/") || type == "application/json" || type == "application/jsonl" ||
         type == "application/xml";
}

std::string uri_of(std::string_view path) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "sallyport:///output/";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 15U];
    }
  }
  return uri;
}

OrderedJson picture_block(const runners::Artifact& artifact, std::string_view type) {
  OrderedJson block;
  block["type"] = "image";
  block["data"] = base::base64_encode(artifact.content);
  block["mimeType"] = type;
  return block;
}

OrderedJson file_block(const runners::Artifact& artifact, std::string_view type) {
  OrderedJson block;
  block["type"] = "resource";
  block["resource"]["uri"] = uri_of(artifact.path);
  block["resource"]["mimeType"] = type;
  block["resource"]["text"] = artifact.content;
  return block;
}

/// The blocks of the artifacts, and a line about each.
OrderedJson show(const std::vector<runners::Artifact>& artifacts, std::string& text) {
  OrderedJson blocks = OrderedJson::array();
  std::size_t picture_bytes = 0;
  std::size_t text_bytes = 0;
  if (!artifacts.empty()) text += (text.ends_with('\n') ? "" : "\n") + std::string("Files in output:");
  for (const runners::Artifact& artifact : artifacts) {
    const std::string_view type = media_type(artifact.path, artifact.content);
    const std::size_t size = artifact.content.size();
    text += "\n- " + artifact.path + " (" + std::string(type) + ", " + std::to_string(size) + " bytes)";
    if (is_picture(type) && picture_bytes + size <= kMaxPictureBytes) {
      picture_bytes += size;
      blocks.push_back(picture_block(artifact, type));
    } else if (is_text(type) && text_bytes + size <= kMaxFileTextBytes &&
               find_invalid_utf8(artifact.content) == std::string_view::npos) {
      text_bytes += size;
      blocks.push_back(file_block(artifact, type));
    } else {
      text += ", not shown";
    }
  }
  return blocks;
}

OrderedJson result_of(std::string text, bool is_error) {
  OrderedJson result;
  result["content"] = OrderedJson::array({text_block(std::move(text))});
  result["isError"] = is_error;
  return result;
}

}  // namespace

OrderedJson tool_result(const ExecutionReply& reply) {
  std::string text = text_for_model(reply);
  OrderedJson blocks = show(reply.artifacts, text);
  OrderedJson result = result_of(std::move(text), !reply.success);
  for (OrderedJson& block : blocks) result["content"].push_back(std::move(block));
  result["structuredContent"] = OrderedJson::parse(to_json(reply, Contents::left_out));
  return result;
}

OrderedJson tool_result(const ValidationReply& reply) {
  OrderedJson result = result_of(text_for_model(reply), false);
  result["structuredContent"] = OrderedJson::parse(to_json(reply));
  return result;
}

OrderedJson tool_result(const ApiError& error) {
  return result_of(text_for_model(error), true);
}

}  // namespace sallyport::broker::mcp
