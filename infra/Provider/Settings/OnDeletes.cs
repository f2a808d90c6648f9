namespace Cloudlet.Provider.Settings;

/// <summary>What may happen to a host when its resource is deleted.</summary>
internal static class OnDeletes
{
    /// <summary>It returns to the state from before our changes.</summary>
    public const string Restore = "restore";

    /// <summary>It stays as it is.</summary>
    public const string Forget = "forget";
}
