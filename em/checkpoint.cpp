#include <algorithm>
#include <error_forcing/checkpoint.hpp>
#include <error_forcing/errors.hpp>
#include <error_forcing/sealed_archive.hpp>

namespace error_forcing {

namespace fs = std::filesystem;

namespace {

constexpr double checkpoint_format = 1;

template <typename Scalar>
constexpr const char* precision_name = sizeof(Scalar) == sizeof(float) ? "float" : "double";

// Calls use(prefix, parameters) for all that has the weights' shapes, of a learner or a const one.
template <typename AnyLearner, typename Use>
void for_each_weights(AnyLearner& learner, const Use& use) {
  use("", learner.network.parameters);
  const auto of_optimiser = [&](auto& state) {
    if constexpr (requires { state.velocity; }) {
      use("velocity_", state.velocity);
    } else {
      use("first_", state.first);
      use("second_", state.second);
    }
  };
  std::visit(of_optimiser, learner.optimiser);
}

template <typename Scalar>
long& steps_in(Optimiser<Scalar>& optimiser) {
  return std::visit([](auto& chosen) -> long& { return chosen.steps; }, optimiser);
}

std::vector<double> row_of(const EpochRecord& record, bool tuned) {
  std::vector<double> row{static_cast<double>(record.epoch), record.loss, record.objective,
                          record.validation_loss, record.seconds};
  if (!tuned) return row;
  const NoiseRecord noise = record.noise.value();
  row.insert(row.end(), {noise.gain, noise.sigma_h, noise.sigma_y});
  return row;
}

EpochRecord record_from(const double* row, bool tuned) {
  EpochRecord record{static_cast<Index>(row[0]), row[1], row[2], row[3], row[4]};
  if (tuned) record.noise = NoiseRecord{row[5], row[6], row[7]};
  return record;
}

NamedArray array_of(const std::vector<EpochRecord>& history, bool tuned) {
  NamedArray array{"history", {static_cast<Index>(history.size()), tuned ? 8 : 5}, {}};
  for (const EpochRecord& record : history)
    for (const double value : row_of(record, tuned)) array.values.push_back(value);
  return array;
}

// An array of the file that must have this shape.
std::vector<double> values_of(const fs::path& file, const std::string& name,
                              const std::vector<Index>& shape) {
  auto array = read_array(file, name);
  require(array.shape == shape, "{}: {} has not the shape of this run's; it is of another one",
          file.string(), name);
  return std::move(array.values);
}

template <typename Scalar>
void read_weights(const fs::path& file, const std::string& prefix, Parameters<Scalar>& into) {
  const auto shapes = named_arrays(prefix, into);
  auto places = blocks(into);
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto values = values_of(file, shapes[k].name, shapes[k].shape);
    std::transform(values.begin(), values.end(), places[k].data(),
                   [](double value) { return static_cast<Scalar>(value); });
  }
}

std::vector<EpochRecord> read_history(const fs::path& file, bool tuned) {
  const auto array = read_array(file, "history");
  const Index columns = tuned ? 8 : 5;
  require(array.shape.size() == 2 && array.shape[1] == columns,
          "{}: its history has not the {} columns of this run's; it is of another one",
          file.string(), columns);
  std::vector<EpochRecord> history;
  for (Index k = 0; k < array.shape[0]; ++k)
    history.push_back(record_from(array.values.data() + k * columns, tuned));
  return history;
}

void require_own(const fs::path& file, const CheckpointLabel& label, const char* precision) {
  const double format = read_number(file, "format");
  const std::string program = read_text(file, "program");
  require(format == checkpoint_format && program == label.program,
          "{}: written by {} in format {}, this is {} with format {}; go on with that version",
          file.string(), program, format, label.program, checkpoint_format);
  require(read_text(file, "run") == label.run && read_text(file, "precision") == precision,
          "{}: belongs to another run: {} ({}), not {} ({})", file.string(), read_text(file, "run"),
          read_text(file, "precision"), label.run, precision);
}

}  // namespace

template <typename Scalar>
void write_checkpoint(const fs::path& file, const Learner<Scalar>& learner,
                      const std::vector<EpochRecord>& history, const CheckpointLabel& label) {
  std::vector<NamedArray> arrays{
      array_of(history, learner.noise.has_value()),
      named_array("steps", static_cast<double>(steps_of(learner.optimiser)))};
  for_each_weights(learner, [&](const char* prefix, const auto& parameters) {
    for (auto& array : named_arrays(prefix, parameters)) arrays.push_back(std::move(array));
  });
  if (const auto& noise = learner.noise)
    arrays.push_back({"noise", {2}, {noise->sigma_h, noise->sigma_y}});
  write_sealed_arrays(file, arrays,
                      {{"format", checkpoint_format},
                       {"program", 0, label.program},
                       {"run", 0, label.run},
                       {"precision", 0, precision_name<Scalar>}});
}

template <typename Scalar>
Checkpoint<Scalar> read_checkpoint(const fs::path& file, Learner<Scalar> fresh,
                                   const CheckpointLabel& label) {
  require_sealed(file);
  require_own(file, label, precision_name<Scalar>);
  for_each_weights(
      fresh, [&](const char* prefix, auto& parameters) { read_weights(file, prefix, parameters); });
  steps_in(fresh.optimiser) = static_cast<long>(values_of(file, "steps", {}).at(0));
  if (auto& noise = fresh.noise) {
    const auto values = values_of(file, "noise", {2});
    *noise = {values[0], values[1]};
  }
  auto history = read_history(file, fresh.noise.has_value());
  fresh.epoch = static_cast<Index>(history.size());
  return {std::move(fresh), std::move(history)};
}

#define INSTANTIATE(Scalar)                                                                \
  template void write_checkpoint(const fs::path&, const Learner<Scalar>&,                  \
                                 const std::vector<EpochRecord>&, const CheckpointLabel&); \
  template Checkpoint<Scalar> read_checkpoint(const fs::path&, Learner<Scalar>,            \
                                              const CheckpointLabel&);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace error_forcing
