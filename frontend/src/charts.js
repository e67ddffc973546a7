// Only the parts of ECharts that the pages draw with; SVG prints crisply.
import { BarChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, CalendarComponent, DataZoomInsideComponent, GridComponent, LegendComponent, MarkLineComponent,
  TooltipComponent, VisualMapPiecewiseComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, CalendarComponent, DataZoomInsideComponent, GridComponent, HeatmapChart, LegendComponent,
  LineChart, MarkLineComponent, ScatterChart, SVGRenderer, TooltipComponent, VisualMapPiecewiseComponent,
]);
globalThis.echarts = { init };
