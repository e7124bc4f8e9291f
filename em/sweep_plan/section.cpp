#include "section.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace error_forcing {

namespace {

template <typename Value>
constexpr const char* kind = "a string";
template <>
constexpr const char* kind<Index> = "an integer";
template <>
constexpr const char* kind<double> = "a number";
template <>
constexpr const char* kind<bool> = "true or false";

// Levenshtein's distance: letters to insert, remove or replace.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string place_of(const std::string& name, const toml::node& node) {
  return fmt::format("{}:{}", name, node.source().begin.line);
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const auto distance = [&](const std::string& other) { return edits(word, other); };
  const auto best = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return distance(a) < distance(b);
  });
  if (best == known.end() || distance(*best) > 1 + best->size() / 4) return "";
  return fmt::format(", did you mean '{}'?", *best);
}

void require_known(const toml::table& table, const std::vector<std::string>& known,
                   const std::string& name) {
  for (const auto& [key, node] : table) {
    const std::string word(key.str());
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    const std::string meant = suggestion(word, known);
    throw InvalidInput(fmt::format(
        "{}: unknown key '{}'{}", place_of(name, node), word,
        meant.empty() ? fmt::format("; use one of {}", fmt::join(known, ", ")) : meant));
  }
}

std::string Section::place() const { return place_of(name_, grid_); }

void Section::refuse(const std::string& key, const std::string& what) const {
  const toml::node* node = find(key);
  throw InvalidInput(fmt::format("{}: {}: {}", node ? place_of(name_, *node) : place(), key, what));
}

const toml::node* Section::find(const std::string& key) const {
  const toml::node* own = grid_.get(key);
  return own ? own : plan_.get(key);
}

bool Section::is_list(const std::string& key) const {
  const toml::node* node = find(key);
  return node != nullptr && node->is_array();
}

template <typename Value>
Value Section::as(const std::string& key, const toml::node& node) const {
  std::optional<Value> value;
  if constexpr (std::is_same_v<Value, double>) {
    if (node.is_number()) value = node.value<double>();
  } else {
    value = node.value_exact<Value>();
  }
  if (!value)
    throw InvalidInput(fmt::format("{}: {}: want {}", place_of(name_, node), key, kind<Value>));
  // No -0: it is 0 in every way but its name.
  if constexpr (std::is_same_v<Value, double>) *value += 0.0;
  return *value;
}

template <typename Value>
std::vector<Value> Section::values(const std::string& key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  if (!node->is_array()) return {as<Value>(key, *node)};
  std::vector<Value> list;
  for (const toml::node& entry : *node->as_array()) list.push_back(as<Value>(key, entry));
  if (list.empty()) refuse(key, "an empty list leaves no runs; name a value, or leave out the key");
  return list;
}

template <typename Value>
void Section::take_one(const std::string& key, Value& value) const {
  const toml::node* node = find(key);
  if (node != nullptr) value = as<Value>(key, *node);
}

std::vector<std::string> Section::strings(const std::string& key) const {
  return values<std::string>(key);
}
std::vector<double> Section::numbers(const std::string& key) const { return values<double>(key); }
std::vector<Index> Section::integers(const std::string& key) const { return values<Index>(key); }

void Section::take(const std::string& key, Index& value) const { take_one(key, value); }
void Section::take(const std::string& key, double& value) const { take_one(key, value); }
void Section::take(const std::string& key, std::optional<double>& value) const {
  double number = 0;
  take_one(key, number);
  if (find(key) != nullptr) value = number;
}
void Section::take(const std::string& key, bool& value) const { take_one(key, value); }
void Section::take(const std::string& key, std::string& value) const { take_one(key, value); }

}  // namespace error_forcing
