#pragma once
// One [[grid]] of a plan as text: values by key, those of the plan itself where the grid has none.
// Every refusal names the plan and the line.

#include <toml++/toml.h>
#include <error_forcing/errors.hpp>
#include <error_forcing/matrix.hpp>
#include <optional>
#include <string>
#include <vector>

namespace error_forcing {

class Section {
 public:
  Section(const toml::table& plan, const toml::table& grid, std::string name)
      : plan_(plan), grid_(grid), name_(std::move(name)) {}

  /// "plan.toml:12", the line of the grid.
  std::string place() const;
  /// Whether the grid itself has the key.
  bool has(const std::string& key) const { return grid_.contains(key); }
  /// Whether the value of the key, the grid's or the plan's, is a list.
  bool is_list(const std::string& key) const;

  /// A list, or one value as a list of one; empty if nobody has the key. Refuses an empty list.
  std::vector<std::string> strings(const std::string& key) const;
  std::vector<double> numbers(const std::string& key) const;
  std::vector<Index> integers(const std::string& key) const;

  /// Changes `value` if somebody has the key.
  void take(const std::string& key, Index& value) const;
  void take(const std::string& key, double& value) const;
  void take(const std::string& key, std::optional<double>& value) const;
  void take(const std::string& key, bool& value) const;
  void take(const std::string& key, std::string& value) const;

  [[noreturn]] void refuse(const std::string& key, const std::string& what) const;

 private:
  const toml::node* find(const std::string& key) const;
  template <typename Value>
  Value as(const std::string& key, const toml::node& node) const;
  template <typename Value>
  std::vector<Value> values(const std::string& key) const;
  template <typename Value>
  void take_one(const std::string& key, Value& value) const;

  const toml::table& plan_;
  const toml::table& grid_;
  std::string name_;
};

/// Refuses keys that are not in the list; suggests what was meant.
void require_known(const toml::table& table, const std::vector<std::string>& known,
                   const std::string& name);

/// "name:line" of a part of a plan.
std::string place_of(const std::string& name, const toml::node& node);

/// The word that is meant by a misspelt one: ", did you mean 'X'?", or nothing where none is near.
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

}  // namespace error_forcing
