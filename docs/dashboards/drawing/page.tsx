/** What the browser runs: draws the dashboard that `draw.ts` hands over, and says when it has. */
import "uplot/dist/uPlot.min.css";
import { createTheme, ThemeContext } from "@grafana/data";
import { GlobalStyles, PanelChrome } from "@grafana/ui";
import { createRoot } from "react-dom/client";
import type { DrawnDashboard } from "./drawn-dashboard.ts";
import { Panel } from "./panel.tsx";
import { panelFrames } from "./panel-frames.ts";

declare global {
  interface Window {
    drawDashboard(drawn: DrawnDashboard): void;
  }
}

const theme = createTheme({ colors: { mode: "dark" } });
const pageWidth = 1_440;
const headerHeight = 48;
/** Grafana's own measures of its grid. */
const cellHeight = 30;
const gap = 8;
const columns = 24;

window.drawDashboard = ({ dashboard, range, results }) => {
  const { title, description, panels } = dashboard;
  const columnWidth = (pageWidth - gap) / columns;
  const rows = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  const root = document.createElement("main");
  document.body.append(root);
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div
        id="dashboard"
        style={{
          position: "relative",
          width: pageWidth,
          height: headerHeight + rows * (cellHeight + gap) + gap,
          background: theme.colors.background.canvas,
        }}
      >
        <header style={{ padding: "12px 16px", ...theme.typography.h4 }}>
          {title} <span style={{ ...theme.typography.body, color: theme.colors.text.secondary }}>{description}</span>
        </header>
        {panels.map((panel) => {
          const { x, y, w, h } = panel.gridPos;
          const width = w * columnWidth - gap;
          const height = h * (cellHeight + gap) - gap;
          const left = gap + x * columnWidth;
          const top = headerHeight + y * (cellHeight + gap);
          return (
            <section key={panel.id} style={{ position: "absolute", left, top, width, height }}>
              {panel.type === "row" ? (
                <h2 style={{ ...theme.typography.h5, margin: 0, padding: "6px 8px" }}>{panel.title}</h2>
              ) : (
                <PanelChrome title={panel.title} width={width} height={height}>
                  {(innerWidth, innerHeight) => (
                    <Panel
                      panel={panel}
                      frames={panelFrames(panel, { results, range }, theme)}
                      range={range}
                      theme={theme}
                      width={innerWidth}
                      height={innerHeight}
                    />
                  )}
                </PanelChrome>
              )}
            </section>
          );
        })}
      </div>
    </ThemeContext.Provider>,
  );
};
