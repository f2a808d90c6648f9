using System.Globalization;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>All options of one project's files, later files over earlier ones.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, OsloOption> _last = new(StringComparer.Ordinal);

    private Options(IReadOnlyList<OsloText> files)
    {
        IsKnown = files.Count > 0;
        Odd = [.. files.SelectMany(f => f.Odd)];
        foreach (var option in files.SelectMany(f => f.Options))
            _last[option.Name] = option;
    }

    /// <summary>False when no file could be read: then options are unknown, which is different from not set.</summary>
    public bool IsKnown { get; }

    public IReadOnlyList<OddLine> Odd { get; }

    public IEnumerable<OsloOption> All => _last.Values;

    /// <summary>The option, or null when it is not set or empty.</summary>
    /// <param name="name">SECTION.NAME.</param>
    public OsloOption? this[string name] => _last.GetValueOrDefault(name) is { Value.Length: > 0 } option ? option : null;

    /// <summary>Seconds from an option, or a default when it is not set or not a number.</summary>
    public int Seconds(string name, int otherwise) =>
        int.TryParse(this[name]?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? seconds
            : otherwise;

    /// <summary>Files below <paramref name="folder"/>, in the order of the bundle: that is the order in which they are read.</summary>
    public static Options Read(Bundle bundle, string folder, Notes notes)
    {
        List<OsloText> files = [];
        foreach (var exhibit in bundle.StartingWith(ExhibitIds.Configuration(folder)))
        {
            if (notes.Answer(exhibit) is not null)
                files.Add(OsloText.Read(exhibit.Id, exhibit.Text));
        }

        return new Options(files);
    }
}
