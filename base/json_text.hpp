// Pieces of JSON text that all writers of it share.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::base {

/// Whether `text` is ASCII of which a JSON string escapes nothing: no control characters, DEL among them, no
/// quotes, no backslashes.
[[nodiscard]] bool is_plain_json(std::string_view text);

/// The shortest digits that give `number` back, with a point or an exponent: who reads it finds no integer.
/// Null for what JSON has no number for.
void append_json_number(std::string& out, double number);

}  // namespace sallyport::base
