// Charts: each figure has its ECharts options as JSON; those of all choices of the x axis. Without scripts its sentence stays.
const dark = matchMedia("(prefers-color-scheme: dark)"), touch = matchMedia("(hover: none)");
const READ = "Point at a mark, or tap it, for its numbers and its row in the table. Click a name to hide what it stands for.";
const NARROW_PX = 640, LEGEND_PX = 290;
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });

// Return an option with the colours of the scheme: `{light, dark}` becomes one of the two.
const inScheme = value => {
  if (Array.isArray(value)) return value.map(inScheme);
  if (value === null || typeof value !== "object") return value;
  if (value.light && value.dark) return dark.matches ? value.dark : value.light;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inScheme(part)]));
};

const escaped = text => made("span", {}, text).innerHTML;
const hover = ({ data }) => {
  const [first, ...lines] = data.about.map(escaped);
  const way = touch.matches ? `<a href="#${data.row}">its row in the table</a>` : "click: its row in the table";
  return [`<strong>${first}</strong>`, ...lines, ...data.row ? [`<em>${way}</em>`] : []].join("<br>");
};

// Return the page's own colours and letters, and what all charts have of them.
const ownLook = () => {
  const { color: text, backgroundColor: ground, fontFamily } = getComputedStyle(document.body);
  const letters = { color: text, fontFamily, fontSize: 12 };
  const tooltip = {
    trigger: "item", confine: true, enterable: touch.matches, formatter: hover, textStyle: letters,
    backgroundColor: ground, borderColor: text, extraCssText: "max-width: min(26rem, 90vw); white-space: normal",
  };
  return { text, ground, letters, base: { animation: false, backgroundColor: "transparent", textStyle: letters, tooltip } };
};

// Return the option that is drawn: what the file says, in the page's own look.
const drawn = (option, narrow) => {
  const { text, letters, base } = ownLook(), faint = { color: text, opacity: 0.15 };
  const axis = ({ axisLabel, axisTick, ...own }) => ({
    ...own, nameTextStyle: letters, axisLine: { lineStyle: { color: text } }, splitLine: { lineStyle: faint },
    axisTick: { ...axisTick, lineStyle: { color: text } },
    axisLabel: { ...axisLabel, ...letters, hideOverlap: true, ...own.type === "log" && { formatter: compact.format } },
  });
  const legend = narrow ? { bottom: 0, left: 0, right: 0 } : { orient: "vertical", right: 0, top: 0, bottom: 0 };
  return {
    ...inScheme(option),
    ...base,
    xAxis: axis(option.xAxis),
    yAxis: axis(option.yAxis),
    grid: { left: 12, right: narrow ? 16 : LEGEND_PX + 10, top: 12, bottom: narrow ? 36 : 12, outerBoundsMode: "same" },
    legend: {
      ...legend, type: "scroll", itemWidth: 13, itemHeight: 13, itemGap: narrow ? 12 : 5, inactiveColor: "#888",
      textStyle: letters, pageTextStyle: letters, pageIconColor: text, pageIconInactiveColor: "#888",
    },
  };
};

const explore = async figure => {
  const { choose, charts } = JSON.parse(figure.querySelector("script").textContent);
  await load("echarts");
  const names = [...new Set(charts.flatMap(({ options }) => Object.keys(options)))];
  const select = made("select", {}, ...names.map(name => new Option(name)));
  const views = charts.map(({ heading, options }) => {
    const place = made("div", { className: "chart" }), missing = made("p", { className: "missing" });
    return { heading, options, place, missing, box: made("div", {}, made("p", { className: "heading" }, heading), missing, place) };
  });
  figure.querySelector(".without").replaceWith(
    made("label", { className: "choice" }, `${choose} `, select), made("p", { className: "missing" }, READ),
    ...views.map(({ box }) => box));
  const draw = view => {
    const option = view.options[select.value];
    view.place.hidden = !option;
    view.missing.textContent = option ? "" : `${select.value}: not known`;
    view.chart?.dispose();
    view.chart = null;
    if (!option) return;
    view.narrow = view.place.clientWidth < NARROW_PX;
    view.chart = echarts.init(view.place, null, { renderer: "svg" });
    view.chart.setOption(drawn(option, view.narrow));
    view.chart.on("click", ({ data }) => { if (data?.row && !touch.matches) goToRow(data.row); });
  };
  const drawAll = () => views.forEach(draw);
  drawAll();
  select.addEventListener("change", drawAll);
  dark.addEventListener("change", drawAll);
  views.forEach(view => new ResizeObserver(() => {
    if (view.chart && view.narrow === view.place.clientWidth < NARROW_PX) view.chart.resize();
    else if (view.chart) draw(view);
  }).observe(view.place));
};

document.querySelectorAll("figure[data-kind=points]").forEach(figure => whenNear(figure, explore));
