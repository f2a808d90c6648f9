using Cloudlet.Service.Routes;
using Cloudlet.Service.Work;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Cloudlet.Service;

/// <summary>What the OpenAPI document says beside the descriptions of the routes.</summary>
internal static class OpenApiFrame
{
    private const string Scheme = "token";

    /// <summary>Sets it up.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer(
            (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "cloudlet service",
                    Version = HostWork.Version,
                    Description =
                        "Bases, VMs and overlays of a cloudlet. Long work is an operation: the answer 202 has its URL, and it survives "
                        + "the client. Errors are problem documents (RFC 9457) that hold everything that is wrong.",
                    License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
                };
                // The order of the routes differs from run to run.
                var paths = document.Paths.OrderBy(p => p.Key, StringComparer.Ordinal).ToList();
                document.Paths = [];
                foreach (var (path, item) in paths)
                    document.Paths.Add(path, item);
                document.Servers = [new OpenApiServer { Url = "/" }];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "A token of `cloudlet account add`.",
                };
                document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
                return Task.CompletedTask;
            }
        );
        options.AddOperationTransformer(
            (operation, context, _) =>
            {
                var metadata = context.Description.ActionDescriptor.EndpointMetadata;
                operation.Parameters ??= [];
                if (metadata.OfType<PagedAttribute>().Any())
                {
                    operation.Parameters.Add(Query("limit", JsonSchemaType.Integer, "The most items of a page, 1 to 200."));
                    operation.Parameters.Add(Query("after", JsonSchemaType.String, "Id of the last item of the page before."));
                }

                if (context.Description.HttpMethod == "POST")
                    operation.Parameters.Add(
                        new OpenApiParameter
                        {
                            Name = "Idempotency-Key",
                            In = ParameterLocation.Header,
                            Description = "A request that is sent again with the same key gets the first answer.",
                            Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 },
                        }
                    );
                if (metadata.OfType<LongBodyAttribute>().Any())
                    operation.Parameters.Add(
                        new OpenApiParameter
                        {
                            Name = "Upload-Offset",
                            In = ParameterLocation.Header,
                            Required = true,
                            Description = "Number of the first byte of this part.",
                            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
                        }
                    );
                return Task.CompletedTask;
            }
        );
    }

    private static OpenApiParameter Query(string name, JsonSchemaType type, string description) =>
        new()
        {
            Name = name,
            In = ParameterLocation.Query,
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        };
}
