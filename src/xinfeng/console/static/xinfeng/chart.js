// <xf-chart> draws the JSON in its data-spec with ECharts, in the colours of the page.
// ECharts is fetched only when a page has a chart. Labels are drawn on the canvas, never put in as HTML.
const SOURCE = new URL("../vendor/echarts-6.1.0/echarts.common.min.js", import.meta.url).href;
const TONES = ["accent", "warn", "violet", "good", "bad", "neutral"];
let loading;

function echarts() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SOURCE;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

const color = (styles, name) => styles.getPropertyValue(name).trim();

function look(element) {
  const styles = getComputedStyle(element);
  return {
    tones: Object.fromEntries(
      ["accent", "good", "warn", "bad", "info", "violet", "neutral"].map((t) => [t, color(styles, `--xf-chart-${t}`)]),
    ),
    text: color(styles, "--xf-muted"),
    strong: color(styles, "--xf-text"),
    line: color(styles, "--xf-line"),
    surface: color(styles, "--xf-surface"),
    font: styles.fontFamily,
  };
}

function wording(spec) {
  const chinese = !document.documentElement.lang.startsWith("en");
  const tight = new Intl.NumberFormat(chinese ? "zh-CN" : "en", { notation: "compact", maximumFractionDigits: 1 });
  const full = new Intl.NumberFormat(chinese ? "zh-CN" : "en", { maximumFractionDigits: 2 });
  const ratio = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
  if (spec.percent) return { axis: (v) => ratio.format(v), value: (v) => (v == null ? "—" : ratio.format(v)) };
  const unit = spec.unit ? ` ${spec.unit}` : "";
  return { axis: (v) => (Math.abs(v) < 1 ? full : tight).format(v), value: (v) => (v == null ? "—" : full.format(v) + unit) };
}

function base(spec, paint, words) {
  const many = spec.series.length > 1 || spec.kind === "pie";
  return {
    animationDuration: 300,
    textStyle: { fontFamily: paint.font, color: paint.text },
    color: TONES.map((tone) => paint.tones[tone]),
    grid: { left: 4, right: 12, top: many ? 36 : 12, bottom: 4, containLabel: true },
    legend: {
      show: many, top: 0, left: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, itemGap: 16,
      textStyle: { color: paint.text, fontSize: 12 },
    },
    tooltip: {
      trigger: spec.kind === "pie" ? "item" : "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: paint.surface,
      borderColor: paint.line,
      padding: [8, 10],
      textStyle: { color: paint.strong, fontSize: 12 },
      axisPointer: { type: spec.kind === "line" || spec.kind === "area" ? "line" : "shadow",
        lineStyle: { color: paint.line }, shadowStyle: { color: paint.line, opacity: 0.35 } },
      valueFormatter: words.value,
    },
  };
}

function series(one, index, spec, paint) {
  const tone = paint.tones[one.tone ?? TONES[index % TONES.length]];
  const common = { name: one.name, data: one.data, itemStyle: { color: tone } };
  if (spec.kind === "line" || spec.kind === "area") {
    const area = spec.kind === "area" ? { areaStyle: { color: tone, opacity: 0.12 } } : {};
    // a value between two gaps has no line to be seen on
    const lone = one.data.some((value, at) => value != null && one.data[at - 1] == null && one.data[at + 1] == null);
    return { ...common, ...area, type: "line", lineStyle: { color: tone, width: 2 }, showSymbol: lone, showAllSymbol: lone,
      symbolSize: lone ? 4 : 6, smooth: 0.25 };
  }
  const last = index === spec.series.length - 1;
  const radius = spec.kind === "rank" ? [0, 3, 3, 0] : spec.kind === "stack" && !last ? 0 : [3, 3, 0, 0];
  return { ...common, type: "bar", stack: spec.kind === "stack" ? "all" : undefined, barMaxWidth: 26,
    itemStyle: { color: tone, borderRadius: radius } };
}

function option(spec, paint, width, height) {
  const words = wording(spec);
  const labels = { color: paint.text, fontSize: 11, hideOverlap: true };
  const shared = base(spec, paint, words);
  if (spec.kind === "pie") {
    const data = spec.x.map((name, index) => {
      const tone = spec.tones?.[index];
      return { name, value: spec.series[0].data[index], ...(tone && { itemStyle: { color: paint.tones[tone] } }) };
    });
    const total = spec.series[0].data.reduce((sum, value) => sum + value, 0);
    const share = Object.fromEntries(data.map((one) => [one.name, total ? one.value / total : 0]));
    const outer = Math.min(width * 0.24, height * 0.42);
    const legend = { ...shared.legend, orient: "vertical", top: "middle", left: width * 0.3 + outer + 20,
      formatter: (name) => `${name}  ${(share[name] * 100).toFixed(1)}%` };
    return { ...shared, legend, series: [
      { type: "pie", radius: [outer * 0.64, outer], center: ["28%", "50%"], data, label: { show: false },
        itemStyle: { borderColor: paint.surface, borderWidth: 2 }, emphasis: { scaleSize: 4 } }] };
  }
  const flat = spec.kind === "rank";
  const bars = spec.kind === "bar" || spec.kind === "stack" || flat;
  const names = { type: "category", data: spec.x, boundaryGap: bars, axisTick: { show: false }, inverse: flat,
    axisLine: { show: !flat, lineStyle: { color: paint.line } }, axisLabel: labels };
  const whole = !spec.percent && spec.series.every((one) => one.data.every((n) => n == null || Number.isInteger(n)));
  const values = { type: "value", splitNumber: 4, ...(whole && { minInterval: 1 }), axisLabel: { ...labels, formatter: words.axis },
    splitLine: { lineStyle: { color: paint.line, opacity: 0.7 } } };
  return { ...shared, xAxis: flat ? values : names, yAxis: flat ? names : values,
    series: spec.series.map((one, index) => series(one, index, spec, paint)) };
}

customElements.define(
  "xf-chart",
  class extends HTMLElement {
    async connectedCallback() {
      const spec = JSON.parse(this.dataset.spec);
      if (!spec.x.length) return;
      const library = await echarts();
      if (!this.isConnected) return;
      const canvas = document.createElement("div");
      canvas.className = "xf-chart-canvas";
      this.append(canvas);
      this.chart = library.init(canvas, null, { renderer: "canvas" });
      this.draw = () => this.chart.setOption(option(spec, look(this), canvas.clientWidth, canvas.clientHeight), true);
      this.draw();
      this.watch = new ResizeObserver(() => {
        this.chart.resize();
        if (spec.kind === "pie") this.draw();
      });
      this.watch.observe(this);
      document.addEventListener("xf:theme", this.draw);
    }
    disconnectedCallback() {
      this.watch?.disconnect();
      this.chart?.dispose();
      document.removeEventListener("xf:theme", this.draw);
    }
  },
);
