using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Cloud;

/// <summary>Rules for the key <c>cloud</c>, and the account that it describes.</summary>
internal static class CloudRules
{
    private const string Key = HostCloud.Key;
    private const string Admin = "admin";

    public static void Check(HostCheck check)
    {
        if (check.Host.Cloud is not { } cloud)
            return;
        if (cloud.AuthUrl is null)
            check.Report.Missing("a cloud needs `authUrl`: where Keystone answers, e.g. http://10.80.0.1:5000/v3", Key);
        else if (ConditionRules.UrlError(cloud.AuthUrl) is { } error)
            check.Report.Value(error, Key, "authUrl");
        foreach (var (key, value) in new[] { ("username", cloud.Username), ("project", cloud.Project), ("region", cloud.Region) })
            if (value is { } name && (name.Length is 0 or > 255 || name.Any(char.IsControl)))
                check.Report.Value($"{key} has 1 to 255 characters, without control characters", Key, key);
        if (cloud.CaFile is { } file && Names.PathError(file) is { } pathError)
            check.Report.Value(pathError, Key, "caFile");
        SecretFiles.Check(cloud.Secret, check, Key);
    }

    /// <summary>The account of a valid section.</summary>
    public static CloudApi ApiOf(CloudSection cloud, HostSection host) =>
        new()
        {
            AuthUrl = cloud.AuthUrl ?? "",
            Username = cloud.Username ?? Admin,
            Project = cloud.Project ?? Admin,
            SecretFile = SecretFiles.PathOf(cloud.Secret, host),
            Region = cloud.Region,
            CaFile = cloud.CaFile,
        };
}
