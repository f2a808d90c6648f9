namespace Cloudlet.DesiredState.Kinds.Modules;

/// <summary>A kernel module that is loaded (or built in). Loading at boot, and options, are compiled to files.</summary>
public sealed record ModuleSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "module";

    /// <summary>The id of the module <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Module name for modprobe.</summary>
    public required string Name { get; init; }

    /// <summary>True: usable at once.</summary>
    public bool? Loaded { get; init; }
}
