#include "geometry_picture.hpp"

#include <fmt/format.h>

#include <cmath>

#include "gnuplot.hpp"

namespace error_forcing::cli {

namespace {

using Rows = std::vector<std::vector<double>>;

// Colours that the colour-blind tell apart (Okabe and Ito). &{i} is a space after an index, where
// some viewers drop an ordinary one.
constexpr const char* layout = R"(
set multiplot
X(pixel) = pixel / 1080.0
Y(pixel) = pixel / 460.0
own   = '#0072B2'
force = '#D55E00'
grey  = '#666666'
set style line 1 linecolor rgb own linewidth 1.6
set style line 2 linecolor rgb own pointtype 7 pointsize 0.35
set style line 3 linecolor rgb grey linewidth 2.5
set style arrow 1 head filled size screen 0.0065,20,60 linecolor rgb force linewidth 1.8
set style arrow 2 nohead linestyle 3
set style arrow 3 nohead linecolor rgb grey linewidth 1.2 dashtype (3,4)

set size ratio -1
set xrange [-limit:limit]
set yrange [-limit:limit]
set tics 1 nomirror scale 0.5
set border 3 linecolor '#444444'
set clip two
unset key
set xlabel 'unit 1' offset 0,0.4

set label 11 'network: h_{t−1}&{i}→ u_t' at screen X(110),Y(24)
set arrow 11 from screen X(70),Y(24) to screen X(102),Y(24) nohead linestyle 1
set label 12 'forcing: u_t&{i}→ h_t' at screen X(350),Y(24)
set arrow 12 from screen X(310),Y(24) to screen X(342),Y(24) arrowstyle 1
set label 13 'zero error: C h + d = y*' at screen X(561),Y(24)
set arrow 13 from screen X(521),Y(24) to screen X(553),Y(24) arrowstyle 2
set label 14 'nearest to the origin: C^+(y* − d)' at screen X(796),Y(24)
set label 15 '' at screen X(778),Y(24) point pointtype 13 pointsize 0.9 linecolor rgb 'black'

array titles[3] = ['Free-running', 'Teacher forcing', 'Error forcing']
array formulas[3] = ['h_t&{i}= u_t', 'h_t&{i}= (1 − c) u_t&{i}+ c C^+(y* − d)', \
                     'h_t&{i}= u_t&{i}+ c C^+e_t']
do for [k=1:3] {
  left = 62 + 350 * (k - 1)
  set lmargin at screen X(left)
  set rmargin at screen X(left + 300)
  set bmargin at screen Y(96)
  set tmargin at screen Y(396)
  if (k == 1) { set ylabel 'unit 2' offset 1.6,0 } else { unset ylabel }
  set label 1 titles[k] at graph 0.5,1.12 center font 'sans-serif:Bold,17'
  set label 2 formulas[k] at graph 0.5,1.04 center
  set label 3 'h_0' at start_x,start_y offset 0.9,0.2 \
    point pointtype 6 pointsize 0.9 linecolor rgb own
  set label 4 '' at nearest_x,nearest_y point pointtype 13 pointsize 0.9 linecolor rgb 'black' front
  set label 5 '' at 0,0 point pointtype 1 pointsize 0.8 linecolor rgb grey
  if (k > 1) { set label 6 sprintf('c = %g', gain) at graph 0.98,0.05 right }
  set arrow 5 from 0,0 to nearest_x,nearest_y arrowstyle 3
  eval sprintf("plot $line with lines linestyle 3, $own_%d with lines linestyle 1, \
    $after_%d with points linestyle 2, $forcing_%d with vectors arrowstyle 1", k, k, k)
  do for [i=11:15] { unset label i; unset arrow i }
}
)";

std::vector<double> row(const Vector<double>& a) { return {a(0), a(1)}; }
std::vector<double> row(const Vector<double>& a, const Vector<double>& b) {
  return {a(0), a(1), b(0), b(1)};
}

std::string blocks_of(const PlanarRun& run, std::size_t number) {
  Rows own, after, forcing;
  for (const PlanarStep& step : run.steps) {
    own.insert(own.end(), {row(step.previous), row(step.before), {}});
    after.push_back(row(step.after));
    forcing.push_back(row(step.before, step.after - step.before));
  }
  return data_block(fmt::format("own_{}", number), own) +
         data_block(fmt::format("after_{}", number), after) +
         data_block(fmt::format("forcing_{}", number), forcing);
}

// Half the width of the panels: everything drawn fits in, and at least 2 of state.
double limit_of(const PlanarRuns& scene) {
  double limit = 2;
  for (const PlanarRun& run : scene.runs)
    for (const PlanarStep& step : run.steps)
      limit =
          std::max({limit, step.before.cwiseAbs().maxCoeff(), step.previous.cwiseAbs().maxCoeff()});
  return 1.1 * limit;
}

}  // namespace

std::string draw_geometry(const PlanarRuns& scene) {
  const Vector<double> nearest = scene.manifold.minimum_norm_point(scene.target);
  const Vector<double> far = 9 * limit_of(scene) * direction_along(scene.manifold);
  const Vector<double> start = scene.runs.front().steps.front().previous;
  std::string script = fmt::format(
      "gain = {}\nlimit = {}\nnearest_x = {}\nnearest_y = {}\nstart_x = {}\nstart_y = {}\n",
      scene.gain, limit_of(scene), nearest(0), nearest(1), start(0), start(1));
  script += data_block("line", {row(nearest - far), row(nearest + far)});
  for (std::size_t k = 0; k < scene.runs.size(); ++k) script += blocks_of(scene.runs[k], k + 1);
  return run_gnuplot(svg_head(1080, 460, 15) + script + layout);
}

}  // namespace error_forcing::cli
