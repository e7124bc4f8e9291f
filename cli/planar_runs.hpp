#pragma once
// Two neurons with one output, run free, under teacher forcing and under error forcing: small
// enough for its zero-error manifold to be a line in a picture.

#include <error_forcing/displacement_split.hpp>
#include <string>
#include <vector>

namespace error_forcing::cli {

/// One step of one rule: the states around the forcing, its effect and what (G4) says of it.
struct PlanarStep {
  Vector<double> previous;  ///< h_{t-1}
  Vector<double> before;    ///< u_t
  Vector<double> after;     ///< h_t
  double error_before;      ///< |e_t|
  ForcingEffect<double> measured, predicted;
};

struct PlanarRun {
  std::string rule;
  std::vector<PlanarStep> steps;
};

struct PlanarRuns {
  ZeroErrorManifold<double> manifold;
  Vector<double> target;        ///< y*, the same at every step
  double gain;                  ///< c of both forced rules
  std::vector<PlanarRun> runs;  ///< free-running, teacher forcing, error forcing
};

/// The gain c in [0, 1] is that of both forced rules. Throws InvalidInput outside its range and for
/// steps outside 1..10000.
PlanarRuns run_planar_network(double gain, Index steps);

/// The unit vector along the zero-error line.
Vector<double> direction_along(const ZeroErrorManifold<double>& line);

/// The length of the part of the line that the states h_1..h_T lie beside.
double reach_along(const ZeroErrorManifold<double>& line, const PlanarRun& run);

}  // namespace error_forcing::cli
