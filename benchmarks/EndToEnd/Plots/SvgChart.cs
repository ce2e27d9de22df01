using System.Globalization;
using System.Net;
using System.Text;

namespace Ingest.EndToEnd.Plots;

/// <summary>
/// A line chart as SVG that reads on light and dark ground: what is varied doubles from one gridline to the next, what is
/// measured begins at zero.
/// </summary>
internal static class SvgChart
{
    private const double Width = 720;
    private const double Height = 400;
    private const double Left = 64;
    private const double Right = 24;
    private const double Top = 84;
    private const double Bottom = 56;
    private const int MostTicks = 6;

    private const string Style =
        """
        <style>
          text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #57606a }
          .title { font-size: 16px; font-weight: 600; fill: #1f2328 }
          .value { font-size: 12px; fill: #1f2328 }
          .grid { stroke: #d0d7de; stroke-width: 1 }
          .axis { stroke: #8c959f; stroke-width: 1 }
          .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; stroke-linecap: round }
          .s0 { stroke: #0969da } .f0 { fill: #0969da }
          .s1 { stroke: #bc4c00 } .f1 { fill: #bc4c00 }
          .s2 { stroke: #1a7f37 } .f2 { fill: #1a7f37 }
          @media (prefers-color-scheme: dark) {
            text { fill: #9198a1 }
            .title, .value { fill: #f0f6fc }
            .grid { stroke: #30363d }
            .axis { stroke: #6e7681 }
            .s0 { stroke: #58a6ff } .f0 { fill: #58a6ff }
            .s1 { stroke: #f0883e } .f1 { fill: #f0883e }
            .s2 { stroke: #3fb950 } .f2 { fill: #3fb950 }
          }
        </style>
        """;

    public static string Draw(Chart chart)
    {
        double[] xs = [.. chart.Series.SelectMany(s => s.Points).Select(p => p.X).Distinct().Order()];
        var step = TickStep(chart.Series.SelectMany(s => s.Points).Max(p => p.Y));
        var top = step * Math.Ceiling(chart.Series.SelectMany(s => s.Points).Max(p => p.Y) * 1.08 / step);
        var (first, last) = (Math.Log2(xs[0]), Math.Log2(xs[^1]));
        double X(double value) => Left + ((Width - Left - Right) * (0.03 + (0.94 * (last > first ? (Math.Log2(value) - first) / (last - first) : 0.5))));
        double Y(double value) => Height - Bottom - ((Height - Top - Bottom) * value / top);

        var svg = new StringBuilder();
        Line(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img" aria-label="{Text(chart.Title)}">""");
        svg.AppendLine(Style);
        Line(svg, $"""<text class="title" x="{Left}" y="26">{Text(chart.Title)}</text>""");
        Legend(svg, chart.Series);
        for (var tick = 0; tick * step <= top + (step / 2); tick++)
        {
            Line(svg, $"""<line class="{(tick == 0 ? "axis" : "grid")}" x1="{Left}" x2="{Width - Right}" y1="{Y(tick * step):0.#}" y2="{Y(tick * step):0.#}"/>""");
            Line(svg, $"""<text x="{Left - 10}" y="{Y(tick * step) + 4:0.#}" text-anchor="end">{Number(tick * step)}</text>""");
        }

        foreach (var x in xs)
        {
            Line(svg, $"""<line class="axis" x1="{X(x):0.#}" x2="{X(x):0.#}" y1="{Height - Bottom}" y2="{Height - Bottom + 5}"/>""");
            Line(svg, $"""<text x="{X(x):0.#}" y="{Height - Bottom + 20}" text-anchor="middle">{Number(x)}</text>""");
        }

        Line(svg, $"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">{Text(chart.XAxis)}</text>""");
        Line(svg, $"""<text transform="translate(18 {(Top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">{Text(chart.YAxis)}</text>""");
        for (var i = 0; i < chart.Series.Count; i++)
        {
            var points = chart.Series[i].Points;
            Line(svg, $"""<polyline class="line s{i}" points="{string.Join(' ', points.Select(p => Invariant($"{X(p.X):0.#},{Y(p.Y):0.#}")))}"/>""");
            foreach (var (x, y) in points)
            {
                // Below its point where another series is above it.
                var shift = chart.Series.Any(s => s.Points.Any(p => p.X == x && p.Y > y)) ? 20 : -10;
                Line(svg, $"""<circle class="f{i}" cx="{X(x):0.#}" cy="{Y(y):0.#}" r="4"/><text class="value" x="{X(x):0.#}" y="{Y(y) + shift:0.#}" text-anchor="middle">{Number(y)}</text>""");
            }
        }

        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private static void Legend(StringBuilder svg, IReadOnlyList<Series> series)
    {
        var x = Left;
        for (var i = 0; i < series.Count; i++)
        {
            Line(svg, $"""<line class="line s{i}" x1="{x}" x2="{x + 22}" y1="48" y2="48"/><text x="{x + 30}" y="52">{Text(series[i].Name)}</text>""");
            x += 56 + (series[i].Name.Length * 7.5);
        }
    }

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private static double TickStep(double largest)
    {
        var rough = largest / MostTicks;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static string Number(double value) => value.ToString(value < 10 ? "0.#" : "#,0", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Line(StringBuilder svg, FormattableString text) => svg.AppendLine(Invariant(text));
}
