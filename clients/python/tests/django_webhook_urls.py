from django.urls import include, path

from sallyport.django.webhooks import webhook

urlpatterns = [path("hooks/", include([path("sallyport/", webhook)]))]
