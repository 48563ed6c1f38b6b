#include "validators/policy/evaluator/member_call.hpp"

#include "validators/policy/fold.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::validators::policy {

using namespace python::ast;

namespace {

// What turns one constant text into another hides it.
constexpr std::array<std::string_view, 14> decoders{"json.loads",
                                                    "ast.literal_eval",
                                                    "html.unescape",
                                                    "urllib.parse.unquote",
                                                    "urllib.parse.unquote_plus",
                                                    "re.sub",
                                                    "re.findall",
                                                    "textwrap.dedent",
                                                    "struct.pack",
                                                    "struct.unpack",
                                                    "string.capwords",
                                                    "unicodedata.lookup",
                                                    "unicodedata.normalize",
                                                    "quopri.decodestring"};

}  // namespace

void MemberCall::evaluate() {
  look_for_bombs();
  if (const auto size = module_ == "itertools" ? iterator_size() : 0; size > 0) {
    return iterator(size);
  }
  if (decoded()) {
    return;
  }
  const bool passes_on = (module_ == "functools" && (name_ == "partial" || name_ == "wraps" ||
                                                     name_ == "lru_cache" || name_ == "cache")) ||
                         (module_ == "copy" && (name_ == "copy" || name_ == "deepcopy"));
  if (passes_on) {
    give(argument(0));
    return give_unknown();
  }
  return hides_text() ? give_assembled() : give_unknown();
}

// Of the functions of itertools.
void MemberCall::iterator(std::int64_t size) {
  const bool same_items = name_ == "islice" || name_ == "cycle";
  give(pool_.sized(name_ == "repeat" ? argument(0)
                   : same_items      ? evaluator_.each(argument(0))
                                     : anything,
                   size));
}

bool MemberCall::decoded() {
  if (module_ == "base64" || module_ == "binascii") {
    const auto input = coded(argument(0));
    if (name_ == "b64decode" || name_ == "urlsafe_b64decode" || name_ == "standard_b64decode" ||
        name_ == "a2b_base64") {
      give_decoded(input ? from_base64(input->text) : std::nullopt, ValueKind::bytes);
      return true;
    }
    if (name_ == "b16decode" || name_ == "unhexlify" || name_ == "a2b_hex") {
      give_decoded(input ? from_hex(input->text) : std::nullopt, ValueKind::bytes);
      return true;
    }
    if (name_.find("decode") != std::string_view::npos || name_.starts_with("a2b")) {
      give_assembled();
      return true;
    }
  }
  if (module_ == "codecs" && (name_ == "decode" || name_ == "encode")) {
    codec();
    return true;
  }
  if ((module_ == "zlib" || module_ == "gzip" || module_ == "bz2" || module_ == "lzma") &&
      name_ == "decompress") {
    give_assembled();
    return true;
  }
  return false;
}

// codecs.decode(text, codec) and codecs.encode.
void MemberCall::codec() {
  const auto input = coded(argument(0));
  const auto codec = pool_.only(argument(1), ValueKind::text);
  if (!input || !codec) {
    return give_assembled();
  }
  if (codec->text.starts_with("rot")) {
    return give_decoded(rot13(input->text), ValueKind::text);
  }
  if (codec->text.starts_with("hex")) {
    return give_decoded(from_hex(input->text), ValueKind::bytes);
  }
  if (codec->text.starts_with("base64")) {
    return give_decoded(from_base64(input->text), ValueKind::bytes);
  }
  if (codec->text.starts_with("utf")) {
    return give_text(std::string(input->text), name_ == "decode" ? ValueKind::text : ValueKind::bytes);
  }
  give_assembled();
}

void MemberCall::give_decoded(std::optional<std::string> text, ValueKind kind) {
  return text ? give_text(std::move(*text), kind) : give_assembled();
}

bool MemberCall::hides_text() const {
  const bool constant = std::all_of(node_.args.begin(), node_.args.end(), [this](const Expr* item) {
    const auto& values = evaluator_.values(item);
    return values.size() == 1 && values[0].kind != ValueKind::unknown && !values[0].prefix_only;
  });
  const auto full = std::string(module_) + "." + std::string(name_);
  return constant && std::find(decoders.begin(), decoders.end(), full) != decoders.end();
}

std::optional<Value> MemberCall::coded(SetId set) const {
  auto known = pool_.only(set, ValueKind::bytes);
  return known ? known : pool_.only(set, ValueKind::text);
}

}  // namespace sallyport::validators::policy
