// String literals, and what is made of several in a row.
#include "validators/python/fstring_legacy.hpp"
#include "validators/python/parser/parser.hpp"

namespace sallyport::validators::python::detail {

namespace {

bool is_text(const ast::Expr* expression) {
  const auto* const constant = ast::as<ast::Constant>(expression);
  return constant != nullptr && constant->value_kind == ast::ConstantKind::Str;
}

bool begins_string(TokenKind kind) {
  return kind == TokenKind::string || kind == TokenKind::fstring_start || kind == TokenKind::tstring_start;
}

}  // namespace

// (string | fstring)+ | tstring+
ast::Expr* Parser::parse_strings() {
  if (version_ < Version::v3_12) {
    return parse_legacy_strings();
  }
  const Token* const first = source_.position();
  if (source_.at(TokenKind::tstring_start)) {
    return parse_template_strings();
  }
  if (source_.at(TokenKind::string) && !begins_string(source_.next_kind())) {
    return parse_string_token();
  }
  ListBuilder<ast::Expr*> parts(expressions_);
  for (;;) {
    ast::Expr* part = nullptr;
    if (source_.at(TokenKind::string)) {
      part = parse_string_token();
    } else if (source_.at(TokenKind::fstring_start)) {
      part = parse_formatted<ast::JoinedStr>();
    } else {
      break;
    }
    if (part == nullptr) {
      return nullptr;
    }
    parts.push(part);
  }
  // A t-string does not mix with these; the second look has the words for it.
  if (source_.at(TokenKind::tstring_start)) {
    return nullptr;
  }
  return concatenate_strings(first, parts);
}

ast::Expr* Parser::concatenate_strings(const Token* first, ListBuilder<ast::Expr*>& parts) {
  bool text = false;
  bool bytes = false;
  bool formatted = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i]->kind == ast::NodeKind::JoinedStr) {
      formatted = true;
    } else {
      (is_text(parts[i]) ? text : bytes) = true;
    }
  }
  if (bytes && (text || formatted)) {
    return fail("cannot mix bytes and nonbytes literals", source_.position());
  }
  const auto where = source_.since(first);
  if (bytes) {
    std::string value;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      value += static_cast<ast::Constant*>(parts[i])->value;
    }
    auto* const constant = arena_.make<ast::Constant>(where);
    constant->value_kind = ast::ConstantKind::Bytes;
    constant->value = arena_.copy(std::string_view(value));
    return constant;
  }
  const auto values = join_parts(parts, formatted);
  if (!formatted) {
    return values[0];
  }
  auto* const joined = arena_.make<ast::JoinedStr>(where);
  joined->values = values;
  return joined;
}

// Takes f-strings and t-strings apart into their values, joins the literals that stand side by side, and
// drops those that are empty if there is anything but literals.
ast::Sequence<ast::Expr*> Parser::join_parts(ListBuilder<ast::Expr*>& parts, bool drop_empty) {
  ListBuilder<ast::Expr*> values(more_expressions_);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (const auto* const joined = ast::as<ast::JoinedStr>(parts[i])) {
      for (auto* const value : joined->values) {
        values.push(value);
      }
    } else if (const auto* const templated = ast::as<ast::TemplateStr>(parts[i])) {
      for (auto* const value : templated->values) {
        values.push(value);
      }
    } else {
      values.push(parts[i]);
    }
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < values.size();) {
    auto* value = values[i++];
    if (is_text(value)) {
      if (i < values.size() && is_text(values[i])) {
        const auto* const first = static_cast<ast::Constant*>(value);
        std::string text(first->value);
        auto where = first->location;
        for (; i < values.size() && is_text(values[i]); ++i) {
          text += static_cast<ast::Constant*>(values[i])->value;
          where.end_line = values[i]->location.end_line;
          where.end_column = values[i]->location.end_column;
        }
        auto* const joined = arena_.make<ast::Constant>(where);
        joined->value_kind = ast::ConstantKind::Str;
        joined->has_u_prefix = first->has_u_prefix;
        joined->value = arena_.copy(std::string_view(text));
        value = joined;
      }
      if (drop_empty && static_cast<ast::Constant*>(value)->value.empty()) {
        continue;
      }
    }
    values[kept++] = value;
  }
  while (values.size() > kept) {
    values.pop();
  }
  return values.finish(arena_);
}

ast::Constant* Parser::parse_string_token() {
  const Token* const token = source_.position();
  const auto parts = split_string(source_.text_of(token));
  const auto value = decoder_.decode(parts, token->line + source_.origin().lines);
  if (!value) {
    return fail_to_decode(token, token);
  }
  auto* const constant = arena_.make<ast::Constant>(source_.of(token));
  constant->value_kind = parts.prefix.bytes ? ast::ConstantKind::Bytes : ast::ConstantKind::Str;
  constant->has_u_prefix = parts.prefix.unicode;
  constant->value = *value;
  source_.advance();
  return constant;
}

// Before 3.12 all tokens are read first, and one more to see that it is no string.
ast::Expr* Parser::parse_legacy_strings() {
  const Token* const first = source_.position();
  while (source_.at(TokenKind::string)) {
    source_.advance();
  }
  const Token* const end = source_.position();
  if (end->kind == TokenKind::error) {
    return nullptr;
  }
  LegacyStrings strings(source_, version_, arena_, warnings_, decoder_, level_);
  auto* const node = strings.concatenate(first, end);
  if (node == nullptr) {
    if (strings.error()) {
      error_ = strings.error();
      nested_error_ = true;
    } else if (decoder_.error()) {
      return fail_to_decode(strings.failed_at(), end);
    } else {
      return fail(strings.message(), end);
    }
  }
  return node;
}

// `last_read` is the last token that CPython's parser has asked for: where it sees most errors of literals.
std::nullptr_t Parser::fail_to_decode(const Token* literal, const Token* last_read) {
  const auto& error = *decoder_.error();
  return fail(error.message, error.at_literal ? literal : last_read);
}

}  // namespace sallyport::validators::python::detail
