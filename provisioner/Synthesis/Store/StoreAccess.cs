namespace Cloudlet.Synthesis.Store;

/// <summary>Who may use files of the service that runs VMs.</summary>
public static class StoreAccess
{
    /// <summary>Gives a file or folder to a group; its owner stays.</summary>
    public static void SetGroup(string path, uint group) => Syscalls.Own(path, Syscalls.Self().User, group);
}
