using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>One file, folder or symbolic link.</summary>
[Description("One file (content, template or oslo options), folder (directory: true) or symbolic link (symlink: target).")]
public sealed record FileSection
{
    /// <summary>Inline content.</summary>
    [Description("The content. ${secret:NAME} stands for a secret.")]
    public string? Content { get; init; }

    /// <summary>Template path.</summary>
    [Description("Path of a Scriban template, relative to the site file that names it.")]
    public string? Template { get; init; }

    /// <summary>Options of an OpenStack service.</summary>
    [Description("The content as options of an OpenStack service, or the namespace that checks other content.")]
    public OsloSection? Oslo { get; init; }

    /// <summary>Values of the template.</summary>
    [Description("Values for the template, over those of the host.")]
    public IReadOnlyDictionary<string, TemplateValue>? Values { get; init; }

    /// <summary>Target of a symbolic link.</summary>
    [Description("Target of a symbolic link.")]
    public string? Symlink { get; init; }

    /// <summary>A folder.</summary>
    [Description("True for a folder.")]
    public bool? Directory { get; init; }

    /// <summary>Written before packages.</summary>
    [Description(
        "True: written before the packages are installed, for what their scripts must find, such as /etc/hosts; the packages wait for it "
            + "(default: files come after all packages, which may bring their users, groups and folders)."
    )]
    public bool? Early { get; init; }

    /// <summary>Permission bits.</summary>
    [Description("Permission bits as an octal string, e.g. \"0644\" (the default of files; folders 0755).")]
    public string? Mode { get; init; }

    /// <summary>Owner.</summary>
    [Description("Owner (default root).")]
    public string? Owner { get; init; }

    /// <summary>Group.</summary>
    [Description("Group (default root).")]
    public string? Group { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("Ids of resources that must be as described before the file is touched, such as condition:mirror.")]
    [SchemaIds]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>The section <c>files</c> of a host.</summary>
public static class HostFiles
{
    /// <summary>Key of the section.</summary>
    public const string Key = "files";

    extension(HostSection host)
    {
        /// <summary>Absolute path → file.</summary>
        public IReadOnlyDictionary<string, FileSection>? Files
        {
            get => host.Section<FileSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
