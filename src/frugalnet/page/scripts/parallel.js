// Parallel coordinates: a line per run. Intervals that are brushed on the axes filter the table in which the lines have their rows.
const AXIS_PX = 70, ENDS_PX = 108, LABEL_CHARACTERS = 12, LABEL_PX = 11, NAME_PX = 90, SETTLED_MS = 100;
const BRUSH = "Drag along an axis to choose an interval, on as many axes as you like; click on an axis to end its interval. " +
  "The table below has the runs inside all intervals. Point at a line, or tap it, for its numbers and its row.";
const counts = new Intl.NumberFormat("en");
const digits = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

// Return text in lines, broken after signs between words.
const broken = text => text.split("\n").map(line => line.split(/(?<=[_ -])/).reduce((lines, part) => {
  const last = lines.at(-1) + part;
  return last.trim().length > LABEL_CHARACTERS ? [...lines, part] : [...lines.slice(0, -1), last];
}, [""]).join("\n").trim()).join("\n");

// Return the label of a place on an axis; a number where it has none.
const labelled = ({ ticks, labels }, place) => {
  const nearest = ticks.findIndex(tick => Math.abs(tick - place) <= 1e-6 * Math.abs(tick || 1));
  return labels[nearest] ?? digits.format(place);
};

const inOneLine = ({ name }) => name.replace("\n", ", ");

const parallelOption = ({ about, axes, colour, groups }) => {
  const { text, ground, letters, base } = ownLook();
  const small = { ...letters, fontSize: LABEL_PX, lineHeight: 13 };
  const halo = { textBorderColor: ground, textBorderWidth: 3 };
  const coloured = groups.flatMap(({ colour: own }, place) => own ? [] : [place]);
  const axis = ({ name, kind, min, max, ticks, ...own }, dim) => ({
    dim, id: String(dim), name: broken(name), type: kind === "log" ? "log" : "value", min, max, scale: true,
    nameTextStyle: small, nameGap: 10, nameTruncate: { maxWidth: NAME_PX },
    axisLine: { lineStyle: { color: text } }, minorTick: { show: false },
    axisTick: { customValues: ticks, lineStyle: { color: text } },
    axisLabel: { ...small, ...halo, customValues: ticks, hideOverlap: true,
      formatter: place => broken(labelled({ ticks, ...own }, place)) },
    areaSelectStyle: { width: 22, borderColor: text, color: text, opacity: 0.2 },
  });
  const series = ({ name, width, dashes, colour: own, lines }) => ({
    type: "parallel", name, inactiveOpacity: 0.05, activeOpacity: 0.9, progressive: 0,
    lineStyle: { width, type: dashes, opacity: width < 2 ? 0.6 : 0.9, ...own && { color: inScheme(own) } },
    emphasis: { lineStyle: { width: width + 2, opacity: 1 } },
    data: lines.map(({ name: of, row, value }) => ({
      value: value.map((place, dim) => place ?? axes[dim].unknown), row,
      about: [of, ...axes.map((each, dim) => `${inOneLine(each)}: ${labelled(each, value[dim] ?? each.unknown)}`)],
    })),
  });
  return {
    ...base,
    aria: { enabled: true, label: { description: about } },
    parallel: { left: 34, right: 74, top: 64, bottom: 12 },
    parallelAxis: axes.map(axis),
    ...colour && { visualMap: {
      type: "continuous", show: false, dimension: colour.axis, seriesIndex: coloured, min: colour.low, max: colour.high,
      inRange: { color: inScheme(colour.ramp) },
    } },
    series: groups.map(series),
  };
};

// Return the items of the key: the colours, and how the lines of each kind look.
const keyItems = ({ axes, colour, groups }) => {
  const item = (className, style, text) => {
    const mark = made("span", { className });
    Object.assign(mark.style, style);
    return made("li", {}, mark, text);
  };
  const ramp = colour && item("ramp", { background: `linear-gradient(to right, ${inScheme(colour.ramp)})` },
    `${inOneLine(axes[colour.axis])}: ${digits.format(colour.low)} to ${digits.format(colour.high)}`);
  return [...ramp ? [ramp] : [], ...groups.map(({ name, width, dashes, colour: own, lines }) =>
    item("line", { borderTop: `${width}px ${dashes} ${own ? inScheme(own) : ""}` }, `${name} (${lines.length})`))];
};

const parallel = async (figure, table) => {
  const sweep = JSON.parse(figure.querySelector("script").textContent), { axes, groups } = sweep;
  await load("echarts");
  const lines = groups.flatMap(each => each.lines), brushed = new Map(); // intervals by the id of the axis
  const place = made("div", { className: "chart" }), keys = made("ul", { className: "keys" });
  const told = made("p", { className: "count" }), clear = made("button", { type: "button" }, "Show all runs");
  const frame = made("div", { className: "wide", tabIndex: 0 }, place);
  told.setAttribute("role", "status");
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", `${sweep.heading}, in parallel coordinates`);
  place.style.minWidth = `${axes.length * AXIS_PX + ENDS_PX}px`;
  figure.querySelector(".without").replaceWith(
    made("p", { className: "heading" }, sweep.heading), made("p", { className: "missing" }, BRUSH), frame, keys,
    made("div", { className: "chosen" }, clear, told));

  const inside = ({ value }) => [...brushed].every(([dim, intervals]) => {
    const at = value[dim] ?? axes[dim].unknown;
    return intervals.some(([low, high]) => low <= at && at <= high);
  });
  const intervalText = ([dim, intervals]) => {
    const axis = axes[dim], within = ([low, high]) => axis.ticks.filter(tick => low <= tick && tick <= high);
    const texts = intervals.map(ends => axis.kind !== "levels" ? ends.map(end => digits.format(end)).join(" to ")
      : within(ends).map(tick => labelled(axis, tick)).join(", ") || "no level");
    return `${inOneLine(axis)}: ${texts.join("; ")}`;
  };
  const show = async () => {
    chart.dispatchAction({ type: "hideTip" }); // of a line that the pointer met while it brushed
    const shown = lines.filter(inside), count = `${counts.format(shown.length)} of ${counts.format(lines.length)} runs shown`;
    told.textContent = [count, ...[...brushed].map(intervalText)].join(" \u00b7 ");
    await filter(table, brushed.size ? new Set(shown.map(({ row }) => row)) : null);
  };
  let chart, settled;
  const brush = (dim, intervals) => chart.dispatchAction({ type: "axisAreaSelect", parallelAxisId: dim, intervals });
  const end = () => [...brushed.keys()].forEach(dim => brush(dim, []));
  const draw = () => {
    keys.replaceChildren(...keyItems(sweep));
    chart?.dispose();
    chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(parallelOption(sweep));
    chart.on("click", ({ data }) => { if (data?.row && !touch.matches) goToRow(data.row); });
    brushed.forEach((intervals, dim) => brush(dim, intervals));
    chart.on("axisareaselected", ({ parallelAxisId: dim, intervals }) => {
      if (intervals.length) brushed.set(dim, intervals.map(ends => [Math.min(...ends), Math.max(...ends)]));
      else brushed.delete(dim);
      clearTimeout(settled);
      settled = setTimeout(show, SETTLED_MS);
    });
  };
  draw();
  show(); // the count, and the table's tools
  clear.addEventListener("click", end);
  table.addEventListener(UNFILTERED, end);
  dark.addEventListener("change", draw);
  new ResizeObserver(() => chart.resize()).observe(place);
};

document.querySelectorAll("figure[data-kind=parallel]").forEach(figure => {
  const table = figure.parentElement.querySelector("table");
  whenNear(figure, () => parallel(figure, table));
});
