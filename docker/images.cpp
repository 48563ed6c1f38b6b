// Calls about images.
#include "docker/client_impl.hpp"
#include "docker/json_lines.hpp"
#include "docker/names.hpp"
#include "docker/reply_json.hpp"
#include "docker/request_json.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace sallyport::docker {

namespace {

// Hands out a progress text line by line: a build's output comes in arbitrary pieces.
Result<void> report(const ProgressSink& sink, std::string_view text) {
  if (!sink) return {};
  try {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      while (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) sink(line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  } catch (const std::exception& failure) {
    return make_error(ErrorKind::invalid_request, std::string("the progress sink failed: ") + failure.what());
  }
  return {};
}

// What a progress stream said in the end.
struct ProgressOutcome {
  std::string last_status;
  std::string image_id;
};

// Reads a progress stream to its end. An error inside the stream is an error of the call, though its HTTP
// status was 200.
asio::awaitable<Result<ProgressOutcome>> read_progress(detail::Exchange& exchange, const ProgressSink& sink,
                                                       std::size_t max_line_bytes,
                                                       const base::CallBounds& bounds) {
  detail::JsonLines lines(max_line_bytes);
  ProgressOutcome outcome;
  bool ended = false;
  for (;;) {
    auto line = detail::named(lines.next(), exchange.call());
    if (line.has_error()) co_return std::move(line).error();
    if (*line) {
      auto entry = detail::named(detail::parse_progress(**line), exchange.call());
      if (entry.has_error()) co_return std::move(entry).error();
      if (!entry->status.empty()) outcome.last_status = std::move(entry->status);
      if (!entry->image_id.empty()) outcome.image_id = std::move(entry->image_id);
      auto reported = report(sink, entry->text);
      if (reported.has_error()) co_return with_call(std::move(reported).error(), exchange.call());
      continue;
    }
    if (ended) co_return outcome;
    auto piece = co_await exchange.next_piece(bounds);
    if (piece.has_error()) co_return std::move(piece).error();
    if (*piece) {
      lines.feed(**piece);
    } else {
      ended = true;
      lines.finish();
    }
  }
}

// Sends a tar stream with `request` and reads the progress that comes back. `request`'s query is set.
asio::awaitable<Result<ProgressOutcome>> upload_tar(detail::Transport& transport, detail::Request request,
                                                    const TarSource& tar, const ProgressSink& progress,
                                                    const base::CallBounds& bounds) {
  request.content_type = "application/x-tar";
  request.streamed_answer = true;
  auto exchange = co_await transport.open_upload(std::move(request), tar, bounds);
  if (exchange.has_error()) co_return std::move(exchange).error();
  co_return co_await read_progress(**exchange, progress, transport.options().max_line_bytes, bounds);
}

}  // namespace

asio::awaitable<Result<std::vector<ImageSummary>>> Client::list_images(Labels labels,
                                                                       base::CallBounds bounds) {
  detail::Request request("GET", "/images/json");
  const std::string call = request.call();
  auto filter = detail::label_filter_json(labels);
  if (filter.has_error()) co_return with_call(std::move(filter).error(), call);
  detail::QueryValues query;
  query.emplace_back("filters", std::move(*filter));
  request.query = detail::query_string(query);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_image_list(*answer), call);
}

asio::awaitable<Result<ImageDetails>> Client::inspect_image(std::string name, base::CallBounds bounds) {
  auto made = detail::image_request("GET", name, "/json");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  const std::string call = request.call();
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return detail::named(detail::parse_image_details(*answer), call);
}

asio::awaitable<Result<std::string>> Client::import_image(ImageImportOptions options, TarSource tar,
                                                          ProgressSink progress, base::CallBounds bounds) {
  detail::Request request("POST", "/images/create");
  const std::string call = request.call();
  if (!options.repository.empty() && !detail::valid_image_reference(options.repository)) {
    co_return with_call(detail::invalid_name("repository", options.repository), call);
  }
  if (!options.tag.empty() && !detail::valid_tag(options.tag)) {
    co_return with_call(detail::invalid_name("tag", options.tag), call);
  }
  detail::QueryValues query;
  query.emplace_back("fromSrc", "-");
  query.emplace_back("repo", options.repository);
  query.emplace_back("tag", options.tag);
  query.emplace_back("message", options.message);
  for (const std::string& change : options.changes) query.emplace_back("changes", change);
  request.query = detail::query_string(query);
  auto outcome = co_await upload_tar(impl_->transport, std::move(request), tar, progress, bounds);
  if (outcome.has_error()) co_return std::move(outcome).error();
  if (!outcome->last_status.starts_with("sha256:")) {
    co_return with_call(make_error(ErrorKind::malformed, "the import ended without an image's id"), call);
  }
  co_return std::move(outcome->last_status);
}

asio::awaitable<Result<std::string>> Client::build_image(ImageBuildOptions options, TarSource tar,
                                                         ProgressSink progress, base::CallBounds bounds) {
  detail::Request request("POST", "/build");
  const std::string call = request.call();
  if (!options.tag.empty() && !detail::valid_image_reference(options.tag)) {
    co_return with_call(detail::invalid_name("image name", options.tag), call);
  }
  if (!options.runtime.empty()) {
    // The Engine API has no such option. Refused, since the build would run under another runtime than asked.
    co_return with_call(make_error(ErrorKind::invalid_request, "a build cannot choose its runtime"), call);
  }
  auto labels = detail::string_map_json(options.labels);
  if (labels.has_error()) co_return with_call(std::move(labels).error(), call);
  auto build_args = detail::string_map_json(options.build_args);
  if (build_args.has_error()) co_return with_call(std::move(build_args).error(), call);
  detail::QueryValues query;
  query.emplace_back("version", "1");
  query.emplace_back("t", options.tag);
  query.emplace_back("dockerfile", options.dockerfile);
  query.emplace_back("networkmode", options.network_mode);
  query.emplace_back("labels", std::move(*labels));
  query.emplace_back("buildargs", std::move(*build_args));
  query.emplace_back("nocache", options.no_cache ? "true" : "");
  query.emplace_back("rm", "true");
  query.emplace_back("forcerm", "true");  // A failed build leaves no container behind either.
  request.query = detail::query_string(query);
  auto outcome = co_await upload_tar(impl_->transport, std::move(request), tar, progress, bounds);
  if (outcome.has_error()) co_return std::move(outcome).error();
  if (outcome->image_id.empty()) {
    co_return with_call(make_error(ErrorKind::malformed, "the build ended without an image's id"), call);
  }
  co_return std::move(outcome->image_id);
}

asio::awaitable<Result<void>> Client::pull_image(std::string name, ProgressSink progress,
                                                 base::CallBounds bounds) {
  detail::Request request("POST", "/images/create");
  const std::string call = request.call();
  if (!detail::valid_image_reference(name))
    co_return with_call(detail::invalid_name("image name", name), call);
  detail::PullReference reference = detail::split_pull_reference(name);
  detail::QueryValues query;
  query.emplace_back("fromImage", std::move(reference.repository));
  query.emplace_back("tag", std::move(reference.tag));
  request.query = detail::query_string(query);
  request.streamed_answer = true;
  auto exchange = co_await impl_->transport.open(std::move(request), bounds);
  if (exchange.has_error()) co_return std::move(exchange).error();
  auto outcome =
      co_await read_progress(**exchange, progress, impl_->transport.options().max_line_bytes, bounds);
  if (outcome.has_error()) co_return std::move(outcome).error();
  co_return Result<void>();
}

asio::awaitable<Result<void>> Client::tag_image(std::string name, std::string repository, std::string tag,
                                                base::CallBounds bounds) {
  auto made = detail::image_request("POST", name, "/tag");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  if (!detail::valid_image_reference(repository)) {
    co_return with_call(detail::invalid_name("repository", repository), request.call());
  }
  if (!tag.empty() && !detail::valid_tag(tag)) {
    co_return with_call(detail::invalid_name("tag", tag), request.call());
  }
  request.repeatable = true;
  detail::QueryValues query;
  query.emplace_back("repo", std::move(repository));
  query.emplace_back("tag", std::move(tag));
  request.query = detail::query_string(query);
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return Result<void>();
}

asio::awaitable<Result<void>> Client::remove_image(std::string name, bool force, base::CallBounds bounds) {
  auto made = detail::image_request("DELETE", name, "");
  if (made.has_error()) co_return std::move(made).error();
  detail::Request request = std::move(*made);
  request.query = force ? "force=true" : "";
  auto answer = co_await impl_->transport.call(std::move(request), bounds);
  if (answer.has_error()) co_return std::move(answer).error();
  co_return Result<void>();
}

}  // namespace sallyport::docker
