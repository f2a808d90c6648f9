namespace Cloudlet.DesiredState.Sections;

/// <summary>Rules for <c>after</c>: each id names a resource that the same host describes.</summary>
internal sealed class AfterRules
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly HostReport _report;

    public AfterRules(HostSection host, HostReport report)
    {
        _report = report;
        foreach (var section in ISection.All)
            _ids.UnionWith(section.NamesIn(host).Select(section.Kind.IdOf));
    }

    /// <summary>Adds a resource that keys of another section bring; false when it is known already.</summary>
    public bool Add(string id) => _ids.Add(id);

    /// <summary>Checks the ids in the key <c>after</c> of a resource.</summary>
    /// <param name="own">Id of the resource.</param>
    /// <param name="after">The value of its key.</param>
    /// <param name="section">Key of its section.</param>
    /// <param name="name">Its name there.</param>
    /// <returns>The ids that are right.</returns>
    public IReadOnlyList<string> Check(string own, IReadOnlyList<string>? after, string section, string name)
    {
        var right = new List<string>();
        for (var i = 0; i < after?.Count; i++)
            if (after[i] is { } id && IsRight(own, id, [section, name, "after", $"{i}"]))
                right.Add(id);
        return right;
    }

    private bool IsRight(string own, string id, string[] keys)
    {
        if (KindDescriptors.OfId(id) is not { Section: { } section } kind)
            _report.Value($"\"{id}\" is not a valid id; ids begin with {KindDescriptors.ListOf(static k => $"{k.Word}:")}", keys);
        else if (id == own)
            _report.Value($"a {kind.Word} cannot wait for itself", keys);
        else if (_ids.Contains(id))
            return true;
        else if (!_report.IsDamaged(section))
            _report.Value($"this host has no {kind.Word} \"{KindDescriptors.NameIn(id)}\"{Spelling.Hint(id, _ids)}", keys);
        return false;
    }
}
