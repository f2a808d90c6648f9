using Cloudlet.Errors;
using Cloudlet.Lab.Native;
using Cloudlet.Linux;

namespace Cloudlet.Lab.Hosts;

/// <summary>A container's root file system: a writable layer over its image (overlayfs), so that the image is not copied.</summary>
internal sealed class HostRoot
{
    private readonly string _folder;

    public HostRoot(string hostFolder) => _folder = hostFolder;

    /// <summary>Where the root is mounted.</summary>
    public string Path => System.IO.Path.Combine(_folder, "root");

    /// <summary>True while it is mounted.</summary>
    public bool IsMounted => MountTable.At(Path) is not null;

    /// <summary>Device number of the mounted root, or null.</summary>
    public ulong? Device => MountTable.At(Path)?.Device;

    /// <summary>Mounts the root over <paramref name="image"/> unless it is mounted.</summary>
    public void Mount(string image)
    {
        if (IsMounted)
            return;
        var upper = System.IO.Path.Combine(_folder, "upper");
        var work = System.IO.Path.Combine(_folder, "work");
        foreach (var folder in new[] { upper, work, Path })
            Directory.CreateDirectory(folder);
        try
        {
            LabCalls.Mount(
                "overlay",
                Path,
                "overlay",
                0,
                $"lowerdir={image},upperdir={upper},workdir={work}",
                $"mount the root of the lab host at {Path}"
            );
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Unsupported)
        {
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"{e.Message} The file system of {_folder} can't be the upper layer of an overlay "
                    + "(an overlay or a network file system can't): keep the lab's store on ext4, xfs, btrfs or tmpfs.",
                e
            );
        }
    }

    /// <summary>
    /// Unmounts the root. After the container's processes have ended, only a shell or an editor of the user can keep it in use, until it
    /// ends.
    /// </summary>
    public void Unmount()
    {
        while (IsMounted)
            LabCalls.Unmount(Path, NamespaceCalls.MNT_DETACH);
    }
}
