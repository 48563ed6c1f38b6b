// Requests to the engine, written as JSON. Pure. Text that is not UTF-8 is an `invalid_request`.
#pragma once

#include "docker/error.hpp"
#include "docker/types.hpp"

#include <string>

namespace sallyport::docker::detail {

[[nodiscard]] Result<std::string> container_spec_json(const ContainerSpec& spec);
[[nodiscard]] Result<std::string> container_update_json(const ContainerUpdate& update);
/// The `filters` parameter: `{"label": ["key=value", "key"]}`. Empty for no labels.
[[nodiscard]] Result<std::string> label_filter_json(const Labels& labels);
/// The same with the actions: `{"label": [...], "event": ["oom"]}`. Empty for an empty filter.
[[nodiscard]] Result<std::string> event_filter_json(const EventFilter& filter);
/// A plain object of strings, as the builder's `labels` and `buildargs` want it. Empty for an empty map.
[[nodiscard]] Result<std::string> string_map_json(const Labels& values);

}  // namespace sallyport::docker::detail
