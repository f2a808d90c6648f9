namespace Cloudlet.OpenStack;

/// <summary>An account of Keystone, without its password.</summary>
/// <param name="AuthUrl">Where Keystone answers; with or without <c>/v3</c>.</param>
/// <param name="User">Name of the account.</param>
public sealed record CloudLogin(Uri AuthUrl, string User)
{
    /// <summary>Name of the domain that nearly every cloud has all its accounts in.</summary>
    public const string UsualDomain = "Default";

    /// <summary>Name of the domain of the account.</summary>
    public string UserDomain { get; init; } = UsualDomain;

    /// <summary>Name of the project that the token is for; null: the token proves only who it is.</summary>
    public string? Project { get; init; }

    /// <summary>Name of the domain of the project.</summary>
    public string ProjectDomain { get; init; } = UsualDomain;

    /// <summary>Keystone's URL with the version, without a slash at its end.</summary>
    internal string Identity
    {
        get
        {
            var url = AuthUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');
            return url.EndsWith("/v3", StringComparison.Ordinal) ? url : $"{url}/v3";
        }
    }
}
