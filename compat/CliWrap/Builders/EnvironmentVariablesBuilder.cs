namespace CliWrap.Builders;

/// <summary>Collects changes to the inherited environment.</summary>
public class EnvironmentVariablesBuilder
{
    private readonly Dictionary<string, string?> _variables = [];

    /// <summary>Sets a variable; a null value removes it. The last call for a name counts.</summary>
    public EnvironmentVariablesBuilder Set(string name, string? value)
    {
        _variables[name] = value;
        return this;
    }

    /// <summary>Sets several variables.</summary>
    public EnvironmentVariablesBuilder Set(IEnumerable<KeyValuePair<string, string?>> variables)
    {
        foreach (var (name, value) in variables)
            Set(name, value);
        return this;
    }

    /// <summary>Sets several variables.</summary>
    public EnvironmentVariablesBuilder Set(IReadOnlyDictionary<string, string?> variables) =>
        Set((IEnumerable<KeyValuePair<string, string?>>)variables);

    /// <summary>The changes so far; later calls don't affect what was returned.</summary>
    public IReadOnlyDictionary<string, string?> Build() => new Dictionary<string, string?>(_variables);
}
