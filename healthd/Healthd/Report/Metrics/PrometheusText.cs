using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Cloudlet.Healthd.Report.Metrics;

/// <summary>
/// Aggregates the measurements of a meter and writes them in Prometheus' text format, version 0.0.4. Names follow OpenTelemetry's rules for
/// Prometheus: dots become underscores, units are written out, counters end in <c>_total</c>. Thread-safe.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>The format's media type.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener _listener = new();
    private readonly Lock _turn = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);

    public PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter)
                listener.EnableMeasurementEvents(instrument, Add(instrument));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, labels, family) => Measured(value, labels, (Family)family!));
        _listener.SetMeasurementEventCallback<int>((_, value, labels, family) => Measured(value, labels, (Family)family!));
        _listener.SetMeasurementEventCallback<double>((_, value, labels, family) => Measured(value, labels, (Family)family!));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>All metrics with their present values.</summary>
    public string Write()
    {
        lock (_turn)
        {
            // Observed metrics are collected again and may lack earlier series: a cleared alarm has none.
            foreach (var family in _families.Values.Where(f => f.IsObserved))
                family.Series.Clear();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var family in _families.Values)
                family.Write(text);
            return text.ToString();
        }
    }

    private Family Add(Instrument instrument)
    {
        lock (_turn)
            return _families[NameOf(instrument)] = new Family(NameOf(instrument), instrument);
    }

    private void Measured(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels, Family family)
    {
        lock (_turn)
            family.Add(value, Labels(labels));
    }

    private static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        name += instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return IsCounter(instrument) ? $"{name}_total" : name;
    }

    private static bool IsCounter(Instrument instrument) => instrument is Counter<long> or ObservableCounter<long>;

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
            text.Append(text.Length == 0 ? "" : ",")
                .Append(name)
                .Append("=\"")
                .Append(Escape($"{value}").Replace("\"", "\\\"", StringComparison.Ordinal))
                .Append('"');
        return text.ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);

    /// <summary>One metric with all its series.</summary>
    private sealed class Family(string name, Instrument instrument)
    {
        private readonly double[]? _bounds = instrument is Histogram<double> histogram
            ? [.. histogram.Advice?.HistogramBucketBoundaries ?? [], double.PositiveInfinity]
            : null;

        /// <summary>Labels → value; for a histogram the count of each bucket, then the sum.</summary>
        public SortedDictionary<string, double[]> Series { get; } = new(StringComparer.Ordinal);

        public bool IsObserved => instrument.IsObservable;

        private string Type =>
            _bounds is not null ? "histogram"
            : IsCounter(instrument) ? "counter"
            : "gauge";

        public void Add(double value, string labels)
        {
            if (!Series.TryGetValue(labels, out var numbers))
                Series[labels] = numbers = new double[_bounds is null ? 1 : _bounds.Length + 1];
            if (_bounds is null)
            {
                numbers[0] = instrument.IsObservable ? value : numbers[0] + value;
                return;
            }

            numbers[Array.FindIndex(_bounds, bound => value <= bound)]++;
            numbers[^1] += value;
        }

        public void Write(StringBuilder text)
        {
            text.Append("# HELP ")
                .Append(name)
                .Append(' ')
                .Append(Escape(instrument.Description ?? ""))
                .Append('\n')
                .Append("# TYPE ")
                .Append(name)
                .Append(' ')
                .Append(Type)
                .Append('\n');
            foreach (var (labels, numbers) in Series)
            {
                if (_bounds is null)
                    Line(text, "", labels, numbers[0]);
                else
                    WriteHistogram(text, labels, numbers, _bounds);
            }
        }

        private void WriteHistogram(StringBuilder text, string labels, double[] numbers, double[] bounds)
        {
            double count = 0;
            for (var i = 0; i < bounds.Length; i++)
                Line(text, "_bucket", $"{labels}{(labels.Length == 0 ? "" : ",")}le=\"{Number(bounds[i])}\"", count += numbers[i]);
            Line(text, "_sum", labels, numbers[^1]);
            Line(text, "_count", labels, count);
        }

        private void Line(StringBuilder text, string suffix, string labels, double value) =>
            text.Append(name)
                .Append(suffix)
                .Append(labels.Length == 0 ? "" : $"{{{labels}}}")
                .Append(' ')
                .Append(Number(value))
                .Append('\n');

        private static string Number(double value) =>
            double.IsPositiveInfinity(value) ? "+Inf" : value.ToString(CultureInfo.InvariantCulture);
    }
}
