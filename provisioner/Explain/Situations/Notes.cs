using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Remembers, while a bundle is read, what was looked at and what could not be seen.</summary>
internal sealed class Notes(Bundle bundle)
{
    private readonly SortedDictionary<string, string> unknowns = new(StringComparer.Ordinal);
    private readonly SortedSet<string> looked = new(StringComparer.Ordinal);

    public IReadOnlyList<Unknown> Unknowns => [.. unknowns.Select(u => new Unknown(u.Key, u.Value))];

    /// <summary>Exhibits that said something.</summary>
    public IReadOnlyList<string> Looked => [.. looked.Where(id => !unknowns.ContainsKey(id))];

    /// <summary>The exhibit, or null and a note when it is not there or no answer.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="isNeeded">False when it may be missing without a word.</param>
    public Exhibit? Answer(string id, bool isNeeded = true)
    {
        var exhibit = bundle.Find(id);
        if (exhibit is null && isNeeded)
            Unknown(id, "it was not collected");
        return exhibit is null ? null : Answer(exhibit);
    }

    /// <summary>The exhibit, or null and a note when it is no answer.</summary>
    public Exhibit? Answer(Exhibit exhibit)
    {
        looked.Add(exhibit.Id);
        if (exhibit.IsAnswer)
            return exhibit;
        Unknown(exhibit.Id, exhibit.Trouble ?? (exhibit.HttpStatus is { } status ? $"the answer was HTTP status {status}" : $"the command ended with status {exhibit.ExitStatus}"));
        return null;
    }

    /// <summary>Notes that an exhibit does not say what it should.</summary>
    public void Unknown(string id, string reason) => unknowns.TryAdd(id, reason);

    /// <summary>Notes that an exhibit is not of its format.</summary>
    public void Malformed(Exhibit exhibit, string what) =>
        Unknown(exhibit.Id, exhibit.Truncated ? $"{what}; the answer is cut off at {BundleLimits.Text} characters" : what);
}
