using System.Security.Claims;

namespace Cloudlet.Service.Access;

/// <summary>What an account may do; each role includes the ones before it.</summary>
public enum Role
{
    /// <summary>Look at its project.</summary>
    Reader,

    /// <summary>Change its project.</summary>
    Member,

    /// <summary>Everything, in all projects.</summary>
    Admin,
}

/// <summary>Who sends a request.</summary>
/// <param name="Account">Name of the account.</param>
/// <param name="Project">Its project.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Way">How it was recognized: socket, token, keystone or console.</param>
public sealed record Caller(string Account, string Project, Role Role, string Way)
{
    private const string ProjectClaim = "project",
        WayClaim = "way";

    /// <summary>The project whose resources it sees; null for an administrator, who sees all.</summary>
    public string? Scope => Role == Role.Admin ? null : Project;

    /// <summary>The word for a role.</summary>
    public static string WordOf(Role role) =>
        role switch
        {
            Role.Admin => "admin",
            Role.Member => "member",
            _ => "reader",
        };

    /// <summary>The role of a word, or null.</summary>
    public static Role? RoleOf(string word) =>
        word switch
        {
            "admin" => Role.Admin,
            "member" => Role.Member,
            "reader" => Role.Reader,
            _ => null,
        };

    /// <summary>As a principal, whose roles include the lower ones.</summary>
    /// <param name="scheme">Name of the authentication scheme.</param>
    public ClaimsPrincipal ToPrincipal(string scheme)
    {
        var roles = Enum.GetValues<Role>().Where(r => r <= Role).Select(r => new Claim(ClaimTypes.Role, WordOf(r)));
        return new ClaimsPrincipal(
            new ClaimsIdentity(
                [new Claim(ClaimTypes.Name, Account), new Claim(ProjectClaim, Project), new Claim(WayClaim, Way), .. roles],
                scheme
            )
        );
    }

    /// <summary>The caller of a principal; null when it was not recognized.</summary>
    public static Caller? Of(ClaimsPrincipal? principal) =>
        principal?.Identity is { IsAuthenticated: true, Name: { } name }
        && principal.FindFirstValue(ProjectClaim) is { } project
        && principal.FindFirstValue(WayClaim) is { } way
            ? new Caller(
                name,
                project,
                principal.IsInRole("admin") ? Role.Admin
                    : principal.IsInRole("member") ? Role.Member
                    : Role.Reader,
                way
            )
            : null;
}
