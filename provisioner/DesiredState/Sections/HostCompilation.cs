namespace Cloudlet.DesiredState.Sections;

/// <summary>Input for a kind that compiles its section of a host.</summary>
/// <param name="host">The host.</param>
/// <param name="problems">Collects the errors.</param>
internal sealed class HostCompilation(HostDescription host, List<Problem> problems)
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);
    private ContentCompiler? _content;

    /// <summary>The host.</summary>
    public HostDescription Host => host;

    /// <summary>Its section, with roles expanded.</summary>
    public HostSection Section => host.Section;

    /// <summary>Collects the errors.</summary>
    public List<Problem> Problems => problems;

    /// <summary>Name → its value in templates, from the kinds that were compiled before.</summary>
    public IDictionary<string, object> TemplateValues => _values;

    /// <summary>Compiles contents of files.</summary>
    public ContentCompiler Content => _content ??= new ContentCompiler(host, _values, problems);
}
