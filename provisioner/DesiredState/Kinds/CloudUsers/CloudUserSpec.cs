using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudUsers;

/// <summary>An account of the cloud with a password, in the domain Default.</summary>
public sealed record CloudUserSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-user";

    /// <summary>The value of <see cref="Login"/> when the secret is the password.</summary>
    public const string Current = "current";

    private const string On = " on ";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Absolute path on the host of the file that holds its password.</summary>
    public required string SecretFile { get; init; }

    /// <summary><see cref="Current"/>: a login with the secret succeeds; else the problem. Null in a captured state.</summary>
    public string? Login { get; init; }

    /// <summary>Name of its default project.</summary>
    public string? Project { get; init; }

    /// <summary>Its roles in projects, each as <c>ROLE on PROJECT</c>.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it can log in.</summary>
    public bool? Enabled { get; init; }

    /// <summary>A role in a project, as a text.</summary>
    public static string RoleOn(string role, string project) => role + On + project;

    /// <summary>The reverse of <see cref="RoleOn"/>; null for another text.</summary>
    public static (string Role, string Project)? Parse(string text) =>
        text.IndexOf(On, StringComparison.Ordinal) is var at and > 0 ? (text[..at], text[(at + On.Length)..]) : null;
}
