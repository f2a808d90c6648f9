namespace Cloudlet.Lab.Tests.OpenStack;

/// <summary>A way to break a real cloud, and the cause that must be named for it.</summary>
/// <param name="Cause">The cause, by its name in explanations.</param>
/// <param name="What">What is done, as a description.</param>
/// <param name="Script">What is done, as shell commands with the administrator's account in the environment.</param>
/// <param name="Undo">Undoes it, as shell commands.</param>
internal sealed partial record CloudBreakage(string Cause, string What, string Script, string Undo)
{
    /// <summary>What is asked, as shell words: <c>--port ID</c>.</summary>
    public string Arguments { get; init; } = "";

    /// <summary>Notes what the healthy cloud has, for those breakages that put it back.</summary>
    public const string Note = """
        mariadb -N -e 'select version_num from glance.alembic_version' >/root/glance-version
        openstack quota show admin -f value -c instances >/root/quota-instances
        """;

    /// <summary>All breakages.</summary>
    internal static IReadOnlyList<CloudBreakage> All => [.. OfServices, .. OfNetwork];

    /// <inheritdoc/>
    public override string ToString() => $"{Cause}: {What}";
}
