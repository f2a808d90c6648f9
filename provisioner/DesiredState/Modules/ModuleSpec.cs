namespace Cloudlet.DesiredState.Modules;

/// <summary>A kernel module that is loaded (or built in). Loading at boot and options are files, compiled beside it.</summary>
public sealed record ModuleSpec : ResourceSpec
{
    /// <summary>The id of the module <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"module:{name}";

    /// <summary>Module name as modprobe takes it.</summary>
    public required string Name { get; init; }

    /// <summary>True: usable now.</summary>
    public bool? Loaded { get; init; }
}
