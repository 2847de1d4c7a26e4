import {
  type DataFrame,
  dateTime,
  type FieldDisplay,
  type GrafanaTheme2,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  type TimeRange,
} from "@grafana/data";
import { BarGauge, BigValue, TimeSeries, VizRepeater, type VizRepeaterRenderValueProps } from "@grafana/ui";
import type { ReactElement } from "react";
import type { DrawnDashboard, DrawnPanel } from "./drawn-dashboard.ts";

export interface PanelProps {
  readonly panel: DrawnPanel;
  readonly frames: DataFrame[];
  readonly range: DrawnDashboard["range"];
  readonly theme: GrafanaTheme2;
  readonly width: number;
  readonly height: number;
}

const timeZone = "utc";
const replaceVariables = (text: string) => text;

/** What is inside of a panel's frame. */
export function Panel(props: PanelProps): ReactElement {
  switch (props.panel.type) {
    case "timeseries":
      return <Chart {...props} />;
    case "stat":
      return <Repeated {...props} draw={bigValue} />;
    case "bargauge":
      return <Repeated {...props} draw={bar} />;
    default:
      throw new Error(`no panel of type ${props.panel.type} can be drawn`);
  }
}

function Chart({ panel, frames, range, width, height }: PanelProps): ReactElement {
  const { legend } = panel.options;
  return (
    <TimeSeries
      frames={frames}
      legend={legend}
      timeRange={timeRangeFrom(range)}
      timeZone={timeZone}
      width={width}
      height={height}
    />
  );
}

type RenderProps = VizRepeaterRenderValueProps<FieldDisplay, ReturnType<typeof getDisplayValueAlignmentFactors>>;
type Draw = (props: PanelProps, value: RenderProps) => ReactElement;

/** Values side by side or on top of each other, as the panel's options say. */
function Repeated({ draw, ...props }: PanelProps & { readonly draw: Draw }): ReactElement {
  const { panel, frames, theme, width, height } = props;
  const { fieldConfig } = panel;
  const { reduceOptions, orientation } = panel.options;
  const values = getFieldDisplayValues({ fieldConfig, reduceOptions, replaceVariables, theme, data: frames, timeZone });
  return (
    <VizRepeater<FieldDisplay, ReturnType<typeof getDisplayValueAlignmentFactors>>
      source={frames}
      getValues={() => values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={(value) => draw(props, value)}
      renderCounter={0}
      width={width}
      height={height}
      autoGrid={panel.type === "stat"}
      orientation={orientation}
    />
  );
}

function bigValue(
  { panel, theme }: PanelProps,
  { value, width, height, alignmentFactors, count }: RenderProps,
): ReactElement {
  const { colorMode, graphMode, justifyMode, textMode } = panel.options;
  return (
    <BigValue
      value={value.display}
      theme={theme}
      width={width}
      height={height}
      alignmentFactors={alignmentFactors}
      count={count}
      colorMode={colorMode}
      graphMode={graphMode}
      justifyMode={justifyMode}
      textMode={textMode}
    />
  );
}

function bar(
  { panel, theme }: PanelProps,
  { value, width, height, alignmentFactors, orientation }: RenderProps,
): ReactElement {
  const { displayMode, valueMode, namePlacement, showUnfilled, text } = panel.options;
  return (
    <BarGauge
      value={value.display}
      field={value.field}
      theme={theme}
      width={width}
      height={height}
      orientation={orientation}
      alignmentFactors={alignmentFactors}
      displayMode={displayMode}
      valueDisplayMode={valueMode}
      namePlacement={namePlacement}
      showUnfilled={showUnfilled}
      text={text}
    />
  );
}

function timeRangeFrom({ from, to }: DrawnDashboard["range"]): TimeRange {
  const raw = { from: dateTime(from * 1_000), to: dateTime(to * 1_000) };
  return { ...raw, raw };
}
