using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Situations;

/// <summary>Records, while a bundle is read, what was examined and what could not be seen.</summary>
internal sealed class Notes(Bundle bundle)
{
    private readonly SortedDictionary<string, string> _unknowns = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _looked = new(StringComparer.Ordinal);

    public IReadOnlyList<Unknown> Unknowns => [.. _unknowns.Select(u => new Unknown(u.Key, u.Value))];

    /// <summary>Exhibits that gave an answer.</summary>
    public IReadOnlyList<string> Looked => [.. _looked.Where(id => !_unknowns.ContainsKey(id))];

    /// <summary>The exhibit, or null and a note when it is missing or not an answer.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="isNeeded">False when it may be missing without a note.</param>
    public Exhibit? Answer(string id, bool isNeeded = true)
    {
        var exhibit = bundle.Find(id);
        if (exhibit is null && isNeeded)
            Unknown(id, "it was not collected");
        return exhibit is null ? null : Answer(exhibit);
    }

    /// <summary>The exhibit, or null and a note when it is not an answer.</summary>
    public Exhibit? Answer(Exhibit exhibit)
    {
        _looked.Add(exhibit.Id);
        if (exhibit.IsAnswer)
            return exhibit;
        Unknown(
            exhibit.Id,
            exhibit.Trouble
                ?? (
                    exhibit.HttpStatus is { } status
                        ? $"the answer was HTTP status {status}"
                        : $"the command exited with status {exhibit.ExitStatus}"
                )
        );
        return null;
    }

    /// <summary>Notes that an exhibit does not contain what it should.</summary>
    public void Unknown(string id, string reason) => _unknowns.TryAdd(id, reason);

    /// <summary>Notes that an exhibit does not have its format.</summary>
    public void Malformed(Exhibit exhibit, string what) =>
        Unknown(exhibit.Id, exhibit.Truncated ? $"{what}; the answer is cut off at {BundleLimits.Text} characters" : what);
}
