#include "broker/api/media_type.hpp"

#include "broker/http/message.hpp"

#include <array>

namespace sallyport::broker {
namespace {

using namespace std::string_view_literals;

struct Known {
  std::string_view extension;
  std::string_view type;
  std::string_view magic;  ///< The content's first bytes; empty: any.
  std::string_view later;  ///< Further bytes at offset 8 (RIFF containers).
};

constexpr std::string_view kUnknown = "application/octet-stream";

constexpr std::array kTable = {
    Known{"png", "image/png", "\x89PNG\r\n\x1A\n"sv, {}},
    Known{"jpg", "image/jpeg", "\xFF\xD8\xFF"sv, {}},
    Known{"jpeg", "image/jpeg", "\xFF\xD8\xFF"sv, {}},
    Known{"gif", "image/gif", "GIF8"sv, {}},
    Known{"webp", "image/webp", "RIFF"sv, "WEBP"sv},
    Known{"bmp", "image/bmp", "BM"sv, {}},
    Known{"pdf", "application/pdf", "%PDF-"sv, {}},
    Known{"txt", "text/plain", {}, {}},
    Known{"log", "text/plain", {}, {}},
    Known{"md", "text/markdown", {}, {}},
    Known{"csv", "text/csv", {}, {}},
    Known{"tsv", "text/tab-separated-values", {}, {}},
    Known{"json", "application/json", {}, {}},
    Known{"jsonl", "application/jsonl", {}, {}},
    Known{"xml", "application/xml", {}, {}},
    Known{"html", "text/html", {}, {}},
    Known{"py", "text/x-python", {}, {}},
    Known{"parquet", "application/vnd.apache.parquet", "PAR1"sv, {}},
    Known{"zip", "application/zip", "PK"sv, {}},
    Known{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK"sv, {}},
};

}  // namespace

std::string_view media_type(std::string_view path, std::string_view content) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return kUnknown;
  const std::string_view extension = name.substr(dot + 1);
  if (http::equal_ignoring_case(extension, "svg")) {
    // XML without a fixed beginning.
    const auto text = content.find_first_not_of(" \t\r\n");
    const std::string_view start = text == std::string_view::npos ? std::string_view() : content.substr(text);
    return start.starts_with("<svg") || start.starts_with("<?xml") ? "image/svg+xml"sv : kUnknown;
  }
  for (const Known& known : kTable) {
    if (!http::equal_ignoring_case(extension, known.extension)) continue;
    if (!content.starts_with(known.magic)) return kUnknown;
    if (!known.later.empty() && (content.size() < 8 || !content.substr(8).starts_with(known.later)))
      return kUnknown;
    return known.type;
  }
  return kUnknown;
}

}  // namespace sallyport::broker
