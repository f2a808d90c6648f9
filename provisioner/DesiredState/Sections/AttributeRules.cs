namespace Cloudlet.DesiredState.Sections;

/// <summary>Rules for the owner, group and mode of what becomes a file.</summary>
internal static class AttributeRules
{
    /// <summary>Checks the keys <c>owner</c> and <c>group</c> below <paramref name="keys"/>.</summary>
    public static void Accounts(string? owner, string? group, HostReport report, params string[] keys)
    {
        if (owner is not null && !Names.IsAccount(owner))
            report.Value($"\"{owner}\" is not a valid user name or number", [.. keys, "owner"]);
        if (group is not null && !Names.IsAccount(group))
            report.Value($"\"{group}\" is not a valid group name or number", [.. keys, "group"]);
    }

    /// <summary>True for three or four octal digits.</summary>
    public static bool IsMode(string mode) => mode.Length is 3 or 4 && !mode.AsSpan().ContainsAnyExceptInRange('0', '7');
}
