#include <error_forcing/case_file.hpp>

#include "hdf5_files.hpp"
#include "random_case.hpp"

namespace error_forcing::test {
namespace {

const auto& number = H5::PredType::NATIVE_DOUBLE;

// A case as another program writes it, in a group or in the root.
class CaseFile : public Hdf5Files {
 protected:
  void SetUp() override {
    Hdf5Files::SetUp();
    write_case("/");
  }

  void write_case(const std::string& group) {
    if (group != "/") hdf5(path).createGroup(group);
    const auto& p = drawn.network.parameters;
    auto arrays = named_arrays("", p);
    arrays.push_back(named_array("inputs", drawn.batch.inputs));
    arrays.push_back(named_array("targets", drawn.batch.targets));
    arrays.push_back(named_array("mask", drawn.batch.mask));
    for (const auto& array : arrays)
      put(path, group + "/" + array.name, number, {array.shape.begin(), array.shape.end()},
          array.values);
    const char* name = "softplus";
    put_attribute(path, "leak", number, space_of({}), &drawn.network.leak, group);
    put_attribute(path, "activation", H5::StrType(H5::PredType::C_S1, H5T_VARIABLE), space_of({}),
                  &name, group);
  }

  void put_leak(double leak) { put_attribute(path, "leak", number, space_of({}), &leak); }

  void expect_refused(const std::string& part) const {
    expect_refusal_of_file([&] { read_case(path); }, part);
  }

  // 4 units, 3 inputs, 2 outputs, 35 trials of 5 steps; targets are NaN where unobserved.
  const RandomCase<double> drawn = random_case({.units = 4,
                                                .inputs = 3,
                                                .outputs = 2,
                                                .trials = 35,
                                                .steps = 5,
                                                .leak = 0.35,
                                                .activation = Activation::softplus,
                                                .initial_state = false},
                                               1);
};

void expect_same(const History<double>& found, const History<double>& want) {
  EXPECT_EQ(found.layout(), want.layout());
  const auto a = to_row_major<double>(found), b = to_row_major<double>(want);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k)
    EXPECT_TRUE(a[k] == b[k] || (std::isnan(a[k]) && std::isnan(b[k]))) << a[k] << " " << b[k];
}

void expect_same(const Network<double>& found, const Network<double>& want) {
  const auto a = blocks(found.parameters), b = blocks(want.parameters);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_EQ(a[k], b[k]) << block_names[k];
  EXPECT_EQ(found.parameters.W.rows(), want.parameters.W.rows());
  EXPECT_EQ(found.parameters.U.rows(), want.parameters.U.rows());
  EXPECT_EQ(found.parameters.C.rows(), want.parameters.C.rows());
  EXPECT_EQ(found.leak, want.leak);
  EXPECT_EQ(found.activation, want.activation);
  EXPECT_EQ(found.initial_state.size(), 0);
}

TEST_F(CaseFile, IsReadToTheBit) {
  const auto found = read_case(path);
  expect_same(found.network, drawn.network);
  expect_same(found.batch.inputs, drawn.batch.inputs);
  expect_same(found.batch.targets, drawn.batch.targets);
  expect_same(found.batch.mask, drawn.batch.mask);
}

TEST_F(CaseFile, MayLieInAGroup) {
  write_case("case");
  const double other = 0.9;
  put_attribute(path, "leak", number, space_of({}), &other);  // of the root
  for (const std::string group : {"case", "/case", "case/"}) {
    SCOPED_TRACE(group);
    expect_same(read_case(path, group).network, drawn.network);
    expect_same(read_case(path, group).batch.targets, drawn.batch.targets);
  }
  EXPECT_EQ(read_case(path).network.leak, 0.9);
  expect_refusal_of_file([&] { read_case(path, "cases"); }, "there is no group /cases");
}

TEST_F(CaseFile, TakesABooleanMask) {
  const auto values = to_row_major<std::int8_t>(drawn.batch.mask);
  put<std::int8_t>(path, "mask", boolean(), {35, 5, 2}, values);
  expect_same(read_case(path).batch.mask, drawn.batch.mask);
}

TEST_F(CaseFile, WritesANetworkThatItReadsBack) {
  const auto other = folder / "network.h5";
  write_network(other, drawn.network);
  std::filesystem::remove(path);
  write_network(path, drawn.network);
  for (const std::string name : {"inputs", "targets", "mask"}) {
    const auto array = named_array(name, name == "inputs"    ? drawn.batch.inputs
                                         : name == "targets" ? drawn.batch.targets
                                                             : drawn.batch.mask);
    put(path, name, number, {array.shape.begin(), array.shape.end()}, array.values);
  }
  expect_same(read_case(path).network, drawn.network);
}

TEST_F(CaseFile, ReadsTheOptionalStartAndCovariances) {
  const auto plain = read_case(path);
  EXPECT_FALSE(plain.Q || plain.R);
  EXPECT_EQ(plain.network.initial_state.size(), 0);
  std::vector<double> Q(16), R{2, 0.5, 0.5, 3};
  for (std::size_t k = 0; k < 16; ++k) Q[k] = 0.1 * static_cast<double>(k);
  put(path, "Q", number, {4, 4}, Q);
  put(path, "R", number, {2, 2}, R);
  put(path, "h0", number, {4}, std::vector<double>{1, 2, 3, 4});
  const auto full = read_case(path);
  ASSERT_TRUE(full.Q && full.R);
  EXPECT_EQ((*full.Q)(1, 2), 0.1 * 6);
  EXPECT_EQ((*full.R)(1, 0), 0.5);
  EXPECT_EQ(full.network.initial_state, (Vector<double>(4) << 1, 2, 3, 4).finished());
}

TEST_F(CaseFile, RefusesCovariancesAndStartsOfAnotherSize) {
  put(path, "Q", number, {2, 2}, std::vector<double>(4));
  expect_refusal_of_file([&] { read_case(path); }, "Q: want 4 x 4, got 2 x 2");
}

// h_0 is written only where there is one.
TEST_F(CaseFile, WritesWhereTheNetworkStarts) {
  auto network = drawn.network;
  network.initial_state = Vector<double>::Zero(4);
  write_network(path, network);
  EXPECT_FALSE(has_dataset(path, "h0"));
  network.initial_state(2) = 0.25;
  write_network(path, network);
  EXPECT_EQ(read_array(path, "h0").values, (std::vector<double>{0, 0, 0.25, 0}));
}

TEST_F(CaseFile, WritesTheCovariancesThatAreGiven) {
  const Matrix<double> R{{2, 0.5}, {0.5, 3}};
  write_network(path, drawn.network, {}, R);
  EXPECT_FALSE(has_dataset(path, "Q"));
  EXPECT_EQ(read_array(path, "R").values, (std::vector<double>{2, 0.5, 0.5, 3}));
  write_network(path, drawn.network, R);
  EXPECT_EQ(read_array(path, "Q").shape, (std::vector<Index>{2, 2}));
  EXPECT_FALSE(has_dataset(path, "R"));
}

TEST_F(CaseFile, NamesEveryMissingDataset) {
  for (const std::string name : {"W", "U", "b", "C", "d", "inputs", "targets", "mask"}) {
    auto file = hdf5(path);
    file.move(name, "elsewhere");
    file.close();
    expect_refused("dataset /" + name + " is missing; group / holds ");
    hdf5(path).move("elsewhere", name);
  }
}

TEST_F(CaseFile, NamesEveryMissingAttribute) {
  hdf5(path).openGroup("/").removeAttr("activation");
  expect_refused("attribute activation of group / is missing");
  hdf5(path).openGroup("/").removeAttr("leak");
  expect_refused("attribute leak of group / is missing");
}

// Every dataset in turn with a row too many, a rank too many and a rank too few.
TEST_F(CaseFile, NamesTheDatasetOfAWrongShape) {
  struct Wrong {
    std::string name;
    std::vector<hsize_t> shape;
    std::string message;
  };
  const std::vector<Wrong> all{{"W", {5, 4}, "W: want 4 x 4, got 5 x 4"},
                               {"W", {4, 5}, "W: want 4 x 4, got 4 x 5"},
                               {"U", {5, 3}, "U: want 4 x any, got 5 x 3"},
                               {"b", {4, 1}, "b: want any, got 4 x 1"},
                               {"b", {}, "b: want any, got a scalar"},
                               {"b", {5}, "W: want 5 x 5, got 4 x 4"},
                               {"C", {2, 5}, "C: want 2 x 4, got 2 x 5"},
                               {"C", {8}, "C: want 2 x 4, got 8"},
                               {"d", {3}, "C: want 3 x 4, got 2 x 4"},
                               {"inputs", {35, 5, 2}, "inputs: want 35 x 5 x 3, got 35 x 5 x 2"},
                               {"inputs", {34, 5, 3}, "inputs: want 35 x 5 x 3, got 34 x 5 x 3"},
                               {"targets", {35, 5, 1}, "targets: want 35 x 5 x 2, got 35 x 5 x 1"},
                               {"targets", {175, 2}, "targets: want any x any x 2, got 175 x 2"},
                               {"mask", {35, 6, 2}, "mask: want 35 x 5 x 2, got 35 x 6 x 2"}};
  for (const auto& [name, shape, message] : all) {
    const auto size = static_cast<std::size_t>(space_of(shape).getSimpleExtentNpoints());
    put(path, name, number, shape, std::vector<double>(size, 0.5));
    expect_refused(message);
    write_case("/");
  }
  EXPECT_NO_THROW(read_case(path));
}

TEST_F(CaseFile, RefusesACaseWithoutUnitsOutputsTrialsOrSteps) {
  put<double>(path, "b", number, {0}, {});
  put<double>(path, "W", number, {0, 0}, {});
  put<double>(path, "U", number, {0, 3}, {});
  put<double>(path, "C", number, {2, 0}, {});
  expect_refused("b: the network has no units");
  write_case("/");
  put<double>(path, "d", number, {0}, {});
  put<double>(path, "C", number, {0, 4}, {});
  expect_refused("d: the network has no outputs");
  write_case("/");
  for (const auto& [trials, steps] : {std::pair<hsize_t, hsize_t>{0, 5}, {35, 0}}) {
    put<double>(path, "inputs", number, {trials, steps, 3}, {});
    put<double>(path, "targets", number, {trials, steps, 2}, {});
    put<double>(path, "mask", number, {trials, steps, 2}, {});
    expect_refused("targets: want at least one trial and one step");
  }
}

TEST_F(CaseFile, NamesTheDatasetThatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  put(path, "W", number, {4, 4}, std::vector<double>(16, nan));
  expect_refused("W: holds a NaN");
  write_case("/");
  std::vector<double> inputs(35 * 5 * 3, 0);
  inputs[(34 * 5 + 2) * 3 + 1] = nan;
  put(path, "inputs", number, {35, 5, 3}, inputs);
  expect_refused("inputs: not finite at trial 34, step 2, channel 1 (all from 0)");
  write_case("/");
  put(path, "mask", number, {35, 5, 2}, std::vector<double>(350, 1));
  expect_refused("targets: not finite at trial");
}

TEST_F(CaseFile, RefusesAMaskThatObservesNothingOrHalf) {
  put(path, "mask", number, {35, 5, 2}, std::vector<double>(350, 0));
  expect_refused("mask: all 350 entries are 0");
  put(path, "mask", number, {35, 5, 2}, std::vector<double>(350, 0.5));
  expect_refused("mask: want 0 or 1, got 0.5 at trial 0, step 0, output 0");
}

TEST_F(CaseFile, RefusesALeakOutsideItsRange) {
  for (double leak : {0.0, -0.1, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    put_leak(leak);
    expect_refused("leak: want a value in (0, 1]");
  }
}

TEST_F(CaseFile, RefusesAnActivationThatItDoesNotKnow) {
  put_attribute(path, "activation", H5::StrType(H5::PredType::C_S1, 3), space_of({}), "elu");
  expect_refused("elu");
  const double one = 1;
  put_attribute(path, "activation", number, space_of({}), &one);
  expect_refused("attribute activation of group /: want a text");
  put_attribute(path, "leak", H5::StrType(H5::PredType::C_S1, 3), space_of({}), "0.1");
  expect_refused("attribute leak of group /: want numbers");
}

TEST_F(CaseFile, RefusesATruncatedOrForeignFile) {
  truncate_file(path, 0.7);
  expect_refused("not an HDF5 file, or a truncated one");
  std::ofstream(path) << "W = [1, 2]";
  expect_refused("not an HDF5 file, or a truncated one");
  std::filesystem::remove(path);
  expect_refused("no such file");
}

}  // namespace
}  // namespace error_forcing::test
